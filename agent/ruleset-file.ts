import { rmSync } from 'node:fs';
import type { HeldNumbers } from '@bulkhead/enforce/back-end.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { decodeHostRuleset, encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { commitFile, errorText, readFileIfPresent, stagedPath, stageFile } from './atomic-file.ts';
import type { Problems } from './problems.ts';

export type Stored =
  | { readonly kind: 'absent' }
  | { readonly kind: 'stored'; readonly ruleset: HostRuleset }
  | { readonly kind: 'corrupt'; readonly message: string };

/**
 * The last good ruleset on disk. A new one is staged and synced before the kernel transaction and takes the file's
 * place after it, so that a crash in between is settled at the next start by what the kernel says it holds.
 */
export class RulesetFile {
  readonly #path: string;
  readonly #problems: Problems;
  #staged = false;

  constructor(path: string, problems: Problems) {
    this.#path = path;
    this.#problems = problems;
  }

  read(kernel: HeldNumbers | null): Stored {
    const staged = this.#decode(stagedPath(this.#path));
    if (staged.kind === 'stored' && kernel !== null) {
      const { generation, hash } = staged.ruleset;
      if (generation === kernel.generation && hash === kernel.hash) {
        this.#staged = true;
        this.commit();
        return staged;
      }
    }
    rmSync(stagedPath(this.#path), { force: true });
    return this.#decode(this.#path);
  }

  /** A full disk does not stop enforcement: the ruleset is applied all the same, and the host says what it lacks. */
  stage(ruleset: HostRuleset): void {
    try {
      stageFile(this.#path, encodeHostRuleset(ruleset));
      this.#staged = true;
    } catch (error) {
      this.#staged = false;
      this.#complain(ruleset.generation, error);
    }
  }

  commit(): void {
    if (!this.#staged) return;
    try {
      commitFile(this.#path);
      this.#problems.clear('ruleset-file');
    } catch (error) {
      this.#complain(null, error);
    }
    this.#staged = false;
  }

  /** What belonged to another controller must not stop the numbers of the new one. The kernel keeps its rules. */
  forget(): void {
    rmSync(this.#path, { force: true });
    rmSync(stagedPath(this.#path), { force: true });
  }

  #decode(path: string): Stored {
    try {
      const text = readFileIfPresent(path);
      if (text === null) return { kind: 'absent' };
      const decoded = decodeHostRuleset(text);
      if (decoded.kind === 'ok') return { kind: 'stored', ruleset: decoded.ruleset };
      return { kind: 'corrupt', message: `Cannot load "${path}": ${decoded.problem.message}` };
    } catch (error) {
      return { kind: 'corrupt', message: `Cannot load "${path}": ${errorText(error)}` };
    }
  }

  #complain(generation: number | null, error: unknown): void {
    const what = generation === null ? 'the ruleset' : `generation ${generation}`;
    this.#problems.set(
      'ruleset-file',
      `Cannot keep ${what} on disk: ${errorText(error)}; it is enforced, but a restart loads an older one`,
    );
  }
}
