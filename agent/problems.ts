import type { Log } from './log.ts';

/** Where somebody says what is wrong with what he does, by codes of his own. */
export type ProblemBook = Pick<Problems, 'set' | 'clear'>;

/**
 * What is wrong with this agent at the moment, one text per code; health carries it to the controller. A problem is
 * logged when it appears and when it changes, not every time it is seen.
 */
export class Problems {
  readonly #current = new Map<string, string>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  set(code: string, message: string): void {
    if (this.#current.get(code) === message) return;
    this.#current.set(code, message);
    this.#log('error', message, { code });
  }

  clear(code: string): void {
    if (this.#current.delete(code)) this.#log('info', `Over: ${code}`, { code });
  }

  /** The problems of one of many that do the same: codes and texts say which. */
  of(name: string): ProblemBook & { readonly clearAll: () => void } {
    const mark = ` of ${name}`;
    return {
      set: (code, message) => this.set(code + mark, `Guest "${name}": ${message}`),
      clear: (code) => this.clear(code + mark),
      clearAll: () => {
        for (const code of [...this.#current.keys()]) if (code.endsWith(mark)) this.clear(code);
      },
    };
  }

  text(code: string): string | null {
    return this.#current.get(code) ?? null;
  }

  texts(): readonly string[] {
    return [...this.#current.values()];
  }
}
