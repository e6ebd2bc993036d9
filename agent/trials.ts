import { existsSync, renameSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { BackEnd, Change, Done, Failure, KeepUndo } from '@bulkhead/enforce/back-end.ts';
import type { Reach, Trial } from '@bulkhead/wire/messages.ts';
import { rolledBack } from '@bulkhead/wire/messages.ts';
import { errorCode, removeFile } from './atomic-file.ts';
import type { Privileged } from './privileged.ts';

export type TrialParts = {
  /** Where the undo of a change that is being tried out lies; what became of it is said by a word behind this name. */
  readonly path: string;
  readonly kernel: Pick<BackEnd, 'settle' | 'revert'>;
  readonly startWatchdog: Privileged['startWatchdog'];
  /** Whether a new connection comes about in so many milliseconds. */
  readonly connect: (to: Reach, milliseconds: number) => Promise<boolean>;
  readonly clock: () => number;
};

/** `controller`: where this session's is. */
export type TrialRun = Trial & { readonly controller: Reach | null };
/** `lost`: what was before is not back either, and whoever knows it has to load it. */
export type Tried =
  | { readonly kind: 'kept'; readonly value: Change }
  | { readonly kind: 'taken back' | 'lost'; readonly message: string }
  | Failure;

/** A connection attempt is given up for another one after so many milliseconds; the first packet may have been lost. */
const attemptMilliseconds = 3000;
const restMilliseconds = 100;
/** The watchdog decides only where the agent did not: seconds. */
const watchdogSlack = 3;
/** How long a watchdog that has taken the script may need, milliseconds. */
const watchdogWork = 10_000;
/** A change that waits for a trial to end waits no longer. */
const hurryMilliseconds = 1000;
/** The same ruleset is tried again after a minute, then two, four ... at most an hour: each costs what it cuts. */
const [firstPause, longestPause] = [60_000, 3_600_000];
const revertAttempts = 3;

/**
 * Makes changes that are kept only when those that must be reached are. A watchdog outside of this process goes back
 * when nobody decides.
 * INVARIANT: whoever renames the script has decided, so a change is kept or taken back and never both.
 */
export class Trials {
  readonly #parts: TrialParts;
  #deadline = 0;
  #hurried = false;
  #failed: { readonly hash: string; readonly message: string; readonly until: number; readonly pause: number } | null =
    null;

  constructor(parts: TrialParts) {
    this.#parts = parts;
  }

  /** A newer change waits. */
  hurry(): void {
    const soon = this.#parts.clock() + hurryMilliseconds;
    if (soon >= this.#deadline) return;
    this.#deadline = soon;
    this.#hurried = true;
  }

  /** Why this content is not tried again yet. */
  failedBefore(hash: string): string | null {
    const failed = this.#failed;
    if (failed?.hash !== hash || this.#parts.clock() >= failed.until) return null;
    return `${failed.message}; tried again after ${new Date(failed.until).toISOString().slice(0, 19)}Z`;
  }

  async run(
    { hash, generation }: { readonly hash: string; readonly generation: number },
    trial: TrialRun,
    change: (undo: KeepUndo) => Promise<Done<Change>>,
  ): Promise<Tried> {
    const { path, startWatchdog } = this.#parts;
    // A word of an earlier trial that stays could be taken for one of this.
    clear(this.#decided());
    const armed = () => startWatchdog(trial.seconds + watchdogSlack, path);
    const made = await change({ path, armed });
    if (made.kind === 'failed') {
      // Nothing was made, as far as is known: a program that was ended for its time may have done it all the same.
      if (existsSync(path)) await this.#goBack();
      return made;
    }
    const unreached = await this.#untilReached(trial);
    if (unreached.length === 0 && this.#decide('kept')) {
      this.#failed = null;
      await this.#settle();
      return { kind: 'kept', value: made.value };
    }
    const why = this.#hurried
      ? 'another change came'
      : `no new connection came about to ${unreached.join(', ') || 'anybody'} within ${trial.seconds} s`;
    const message = `${rolledBack}with generation ${generation} ${why}`;
    const back = await this.#goBack();
    if (!this.#hurried) this.#remember(hash, message);
    return back ? { kind: 'taken back', message } : { kind: 'lost', message };
  }

  /** What an agent before this one left undecided is taken back; null: it left nothing. */
  async takeOver(): Promise<'kept' | 'taken back' | 'lost' | null> {
    if (undecided.some((word) => this.#is(word))) return (await this.#goBack()) ? 'taken back' : 'lost';
    if (this.#is('kept')) {
      await this.#settle();
      return 'kept';
    }
    const reverted = this.#is('reverted');
    this.#forgetWords();
    return reverted ? 'taken back' : null;
  }

  /** Who was not reached in time. */
  async #untilReached({ seconds, controller, reach }: TrialRun): Promise<string[]> {
    this.#deadline = this.#parts.clock() + seconds * 1000;
    this.#hurried = false;
    const all = [
      ...(controller === null ? [] : [{ to: controller, name: `the controller at ${reachText(controller)}` }]),
      ...reach.map((to) => ({ to, name: reachText(to) })),
    ];
    const reached = await Promise.all(all.map(({ to }) => this.#reaches(to)));
    return all.filter((_, index) => !reached[index]).map(({ name }) => name);
  }

  async #reaches(to: Reach): Promise<boolean> {
    const { clock, connect } = this.#parts;
    for (;;) {
      const left = this.#deadline - clock();
      if (left <= 0) return false;
      if (await connect(to, Math.min(left, attemptMilliseconds))) return true;
      await delay(restMilliseconds);
    }
  }

  /** Ours to undo, or left to the watchdog where it was first. */
  async #goBack(): Promise<boolean> {
    if (!this.#decide('back')) {
      await this.#watchdogIsDone();
      if (this.#is('reverted')) {
        this.#forgetWords();
        return true;
      }
      this.#rename('taken', 'back');
      this.#rename('failed', 'back');
    }
    const done = await this.#revert();
    this.#forgetWords();
    return done;
  }

  async #revert(): Promise<boolean> {
    for (let attempt = 1; attempt <= revertAttempts; attempt++) {
      if ((await this.#parts.kernel.revert(this.#named('back'))).kind === 'done') return true;
    }
    return false;
  }

  async #watchdogIsDone(): Promise<void> {
    const deadline = this.#parts.clock() + watchdogWork;
    while (this.#is('taken') && this.#parts.clock() < deadline) await delay(restMilliseconds);
  }

  /** What is not cleared is found by the next comparison. */
  async #settle(): Promise<void> {
    await this.#parts.kernel.settle();
    this.#forgetWords();
  }

  #decide(word: string): boolean {
    return this.#rename('', word);
  }

  #rename(from: string, to: string): boolean {
    try {
      renameSync(this.#named(from), this.#named(to));
      return true;
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return false;
      throw error;
    }
  }

  #remember(hash: string, message: string): void {
    const before = this.#failed?.hash === hash ? this.#failed.pause * 2 : firstPause;
    const pause = Math.min(before, longestPause);
    this.#failed = { hash, message, pause, until: this.#parts.clock() + pause };
  }

  /** What stays is cleared before the next trial, or there is none. */
  #forgetWords(): void {
    try {
      clear(this.#decided());
    } catch {
      // A disk that takes nothing: said where it matters, by the next change.
    }
  }

  #decided(): string[] {
    return words.filter((word) => this.#is(word)).map((word) => this.#named(word));
  }

  #named(word: string): string {
    return word === '' ? this.#parts.path : `${this.#parts.path}.${word}`;
  }

  #is(word: string): boolean {
    return existsSync(this.#named(word));
  }
}

/** Behind the name of the script: written and not decided, or by somebody who did not come to an end. */
const undecided = ['', 'taken', 'failed', 'back'];
const words = ['back', 'taken', 'reverted', 'failed', 'kept', 'new'];

function clear(paths: readonly string[]): void {
  for (const path of paths) removeFile(path);
}

const reachText = ({ address, port }: Reach): string => `${address} tcp/${port}`;
