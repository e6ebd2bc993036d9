import { linkSync, rmSync } from 'node:fs';
import type { HeldNumbers } from '@bulkhead/enforce/back-end.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { decodeHostRuleset, encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { commitFile, errorText, readFileIfPresent, stagedPath, stageFile } from './atomic-file.ts';
import type { ProblemBook } from './problems.ts';

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
  readonly #problems: ProblemBook;
  /** What the file holds, and what lies beside it; null: something else, or nothing. */
  #kept: HostRuleset | null = null;
  #staged: HostRuleset | null = null;

  constructor(path: string, problems: ProblemBook) {
    this.#path = path;
    this.#problems = problems;
  }

  read(kernel: HeldNumbers | null): Stored {
    const staged = this.#decode(stagedPath(this.#path));
    if (staged.kind === 'stored' && kernel !== null) {
      const { generation, hash } = staged.ruleset;
      if (generation === kernel.generation && hash === kernel.hash) {
        this.#staged = staged.ruleset;
        this.commit(staged.ruleset);
        return staged;
      }
    }
    rmSync(stagedPath(this.#path), { force: true });
    const stored = this.#decode(this.#path);
    if (stored.kind === 'stored') this.#kept = stored.ruleset;
    // A kernel that holds rules keeps them; one that holds none is better off with older ones than with none.
    return stored.kind === 'corrupt' && kernel === null ? this.#olderThan(stored) : stored;
  }

  #olderThan(corrupt: Extract<Stored, { readonly kind: 'corrupt' }>): Stored {
    const before = this.#decode(beforePath(this.#path));
    if (before.kind !== 'stored') return corrupt;
    const instead = `generation ${before.ruleset.generation} from before it is loaded instead`;
    this.#problems.set('ruleset-file', `${corrupt.message}; ${instead}`);
    return before;
  }

  /** A full disk does not stop enforcement: the ruleset is applied all the same, and the host says what it lacks. */
  stage(ruleset: HostRuleset): void {
    this.#staged = null;
    try {
      stageFile(this.#path, encodeHostRuleset(ruleset));
      this.#staged = ruleset;
    } catch (error) {
      this.#complain(ruleset.generation, error);
    }
  }

  /** The kernel was seen to hold this one. What found no room before is written now, and what it refused never is. */
  commit(held: HostRuleset): void {
    if (this.#kept === held) return;
    if (this.#staged !== held) this.stage(held);
    if (this.#staged !== held) return;
    try {
      if (this.#kept !== null) keepBefore(this.#path);
      commitFile(this.#path);
      this.#kept = held;
      this.#problems.clear('ruleset-file');
    } catch (error) {
      this.#complain(held.generation, error);
    }
    this.#staged = null;
  }

  /** What belonged to another controller must not stop the numbers of the new one. The kernel keeps its rules. */
  forget(): void {
    this.#kept = null;
    this.#staged = null;
    rmSync(this.#path, { force: true });
    rmSync(stagedPath(this.#path), { force: true });
    rmSync(beforePath(this.#path), { force: true });
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

  #complain(generation: number, error: unknown): void {
    this.#problems.set(
      'ruleset-file',
      `Cannot keep generation ${generation} on disk: ${errorText(error)}; it is enforced, but a restart loads an older one`,
    );
  }
}

const beforePath = (path: string): string => `${path}.before`;

/** A second name for it, which takes no room. Only what was read back or written whole is kept so. */
function keepBefore(path: string): void {
  rmSync(beforePath(path), { force: true });
  linkSync(path, beforePath(path));
}
