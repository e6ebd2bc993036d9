import type { BackEnd, Change, Comparison, Depth, Done, HeldNumbers, KeepUndo } from '@bulkhead/enforce/back-end.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { RulesetDelta } from '@bulkhead/wire/messages.ts';
import { type Holder, type Judgement, judgeDelta, judgeRuleset } from './changes.ts';
import type { DecisionBook } from './decision-book.ts';
import type { Log } from './log.ts';
import type { ProblemBook } from './problems.ts';
import type { RulesetFile } from './ruleset-file.ts';
import { Sight } from './sight.ts';
import type { TrialRun, Trials, Tried } from './trials.ts';

/** Told when counters go away, for their sum to go on. */
export type CounterWatch = {
  readonly retired: (change: Change) => void;
  /** All of them are gone: the kernel holds nothing of ours. */
  readonly wiped: () => void;
};

export type EnforcementParts = {
  readonly kernel: BackEnd;
  readonly file: RulesetFile;
  readonly problems: ProblemBook;
  readonly log: Log;
  readonly clock: () => number;
  readonly counters: CounterWatch;
  readonly decisions: DecisionBook;
  readonly trials: Trials;
  /** Absent: the host itself. */
  readonly of?: 'guest';
};

/** `held` is what this host enforces afterwards, whatever came of it; `proven`: the kernel was read back to hold it. */
export type Result = {
  readonly kind: 'applied' | 'refused' | 'again' | 'failed' | 'rolled back';
  readonly held: HostRuleset | null;
  readonly proven: boolean;
  readonly problem: string | null;
  readonly milliseconds: number;
};

/** After so many loads of one ruleset that read back differently at once, another would change nothing. */
const loadsUnproven = 3;
/** Loads in a row against somebody who takes it away at once; then the next look goes on. */
const loadsHollow = 3;

/**
 * Owns what this host enforces. All changes and checks go through one queue.
 * INVARIANT: the file holds only what the kernel took and was read back to hold; `held` is the file's content.
 * INVARIANT: a failure leaves the kernel with what it had: never less, never half.
 */
export class Enforcement {
  readonly #parts: EnforcementParts;
  readonly sight: Sight;
  #held: HostRuleset | null = null;
  #proven = false;
  #restored = 0;
  /** How the kernel's listing differed right after our own change: what is listed so again was not changed by others. */
  readonly #listedSo = new Map<Depth, string>();
  /** Loads in a row that read back differently at once. */
  #unproven = 0;
  #queue: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #changes = 0;

  constructor(parts: EnforcementParts) {
    this.#parts = parts;
    this.sight = new Sight(parts.clock);
  }

  get held(): HostRuleset | null {
    return this.#held;
  }
  /** The kernel was last seen to hold exactly `held`. */
  get proven(): boolean {
    return this.#proven;
  }
  /** The kernel may change by our own doing. */
  get changing(): boolean {
    return this.#changes > 0;
  }
  /** A change or a check is being made. */
  get busy(): boolean {
    return this.#waiting > 0;
  }
  /** How often somebody else's change was undone. */
  get restored(): number {
    return this.#restored;
  }

  /** Puts the last good ruleset into the kernel, before anybody is talked to. */
  loadLastGood(): Promise<Result> {
    return this.#inTurn(async () => {
      const started = this.#parts.clock();
      await this.#endTrial();
      const numbers = await this.#kernelNumbers();
      const stored = this.#parts.file.read(numbers);
      if (stored.kind === 'absent') return this.#result('applied', started, null);
      if (stored.kind === 'corrupt') {
        this.#parts.problems.set('ruleset-file', stored.message);
        return this.#result('refused', started, stored.message);
      }
      this.#held = stored.ruleset;
      // A kernel that already holds it is left alone: no flow is judged again because an agent was restarted.
      if (numbers !== null && (await this.#readBack(stored.ruleset, 'everything')).kind === 'same') {
        this.#parts.decisions.learn(stored.ruleset, numbers.structure);
        return this.#result('applied', started, null);
      }
      const done = await this.#replaceKernel(stored.ruleset);
      if (done.kind === 'failed') return this.#failure(started, done.message);
      await this.#readOwn(stored.ruleset);
      return this.#result('applied', started, null);
    });
  }

  /** `trial` null: kept at once. */
  replace(workload: string, next: HostRuleset, trial: TrialRun | null = null): Promise<Result> {
    const started = this.#parts.clock();
    this.#parts.trials.hurry();
    return this.#inTurn(() => {
      const judgement = judgeRuleset(this.#holder(workload), next);
      return this.#change(judgement, { started, trial }, (_, undo) => this.#replaceKernel(next, undo));
    });
  }

  amend(workload: string, delta: RulesetDelta, trial: TrialRun | null = null): Promise<Result> {
    const started = this.#parts.clock();
    this.#parts.trials.hurry();
    return this.#inTurn(() => {
      const judgement = judgeDelta(this.#holder(workload), delta);
      return this.#change(judgement, { started, trial }, (next, undo) => this.#amendKernel(next, delta, undo));
    });
  }

  /** A change that could not even be read: answered in its turn, so that it is about what is held then. */
  decline(problem: string): Promise<Result> {
    const received = this.#parts.clock();
    return this.#inTurn(async () => this.#result('refused', received, problem));
  }

  /** Compares the kernel with what it should hold and puts it back when somebody changed it, perhaps `by`: then true. */
  check(depth: Depth, by: readonly string[] = []): Promise<boolean> {
    return this.#inTurn(() => this.#check(depth, by));
  }

  /** A look at a cost that does not grow with the ruleset; what it suspects is checked, and put back: then true. */
  look(): Promise<boolean> {
    return this.#inTurn(async () => {
      const { sight } = this;
      if (this.#held === null) return false;
      const looked = await this.#parts.kernel.glance(this.#held, sight.turn);
      // Without such a look, or before everything was read, the structure is all that a timer can afford.
      if (looked.kind === 'failed' || looked.value === null) {
        const restored = await this.#check('structure', []);
        if (this.#proven && !restored) sight.structure();
        return restored;
      }
      if (looked.value.comparison.kind !== 'same') return this.#check('everything', []);
      if (this.#proven) sight.glanced(looked.value);
      return false;
    });
  }

  async #check(depth: Depth, by: readonly string[]): Promise<boolean> {
    const held = this.#held;
    if (held === null) return false;
    const reading = await this.#readBack(held, depth);
    if (reading.kind === 'same') this.#parts.file.commit(held);
    if (reading.kind !== 'differs') return false;
    if (reading.hollow || reading.all !== this.#listedSo.get(depth)) {
      await this.#restore(held, reading.what, by);
      return true;
    }
    if (this.#unproven < loadsUnproven) await this.#ourChange(() => this.#loadAgain(held));
    return false;
  }

  /** Nothing is enforced any more: nobody is there that it was for. A failure leaves it all as it is. */
  end(): Promise<Done<null>> {
    return this.#inTurn(async () => {
      const done = await this.#parts.kernel.remove();
      if (done.kind === 'failed') return done;
      this.#held = null;
      this.#proven = false;
      this.#parts.file.forget();
      return done;
    });
  }

  /** A new enrolment starts from nothing held; the kernel keeps its rules until the first ruleset arrives. */
  forget(): Promise<void> {
    return this.#inTurn(async () => {
      this.#held = null;
      this.#proven = false;
      this.#parts.file.forget();
    });
  }

  async #kernelNumbers(): Promise<HeldNumbers | null> {
    const read = await this.#parts.kernel.held();
    if (read.kind === 'failed') return null;
    // A flushed table says nothing either, but its counters go on.
    if (read.value === null && (await this.#holdsNoCounter())) this.#parts.counters.wiped();
    return read.value;
  }

  async #holdsNoCounter(): Promise<boolean> {
    const counts = await this.#parts.kernel.counts();
    return counts.kind === 'done' && counts.value.length === 0;
  }

  #holder(workload: string): Holder {
    return { workload, ruleset: this.#held, isGuest: this.#parts.of === 'guest' };
  }

  async #change(judgement: Judgement, { started, trial }: Asked, make: Make): Promise<Result> {
    if (judgement.kind !== 'accept') {
      const kind = judgement.kind === 'again' ? 'again' : 'refused';
      this.#parts.log('warn', judgement.message, { code: judgement.code });
      return this.#result(kind, started, judgement.message);
    }
    return this.#ourChange(() => this.#make(judgement.next, { started, trial }, make));
  }

  async #ourChange<T>(change: () => Promise<T>): Promise<T> {
    this.#changes++;
    return change().finally(() => {
      this.#changes--;
    });
  }

  async #make(next: HostRuleset, { started, trial }: Asked, make: Make): Promise<Result> {
    const tooSoon = trial === null ? null : this.#parts.trials.failedBefore(next.hash);
    if (tooSoon !== null) return this.#result('rolled back', started, tooSoon);
    this.#parts.file.stage(next);
    const tried = await this.#try(next, trial, make);
    if (tried.kind === 'failed') return this.#failure(started, tried.message);
    if (tried.kind !== 'kept') return this.#wentBack(tried, started);
    const milliseconds = this.#parts.clock() - started;
    this.#held = next;
    for (const code of ['kernel-apply', 'rolled-back']) this.#parts.problems.clear(code);
    const reading = await this.#readOwn(next);
    // Unproven is not good: the file keeps the one before until a later check has seen that the kernel holds this one.
    if (reading.kind === 'same') this.#parts.file.commit(next);
    return { ...this.#result('applied', started, reading.kind === 'same' ? null : reading.what), milliseconds };
  }

  async #try(next: HostRuleset, trial: TrialRun | null, make: Make): Promise<Tried> {
    if (trial !== null) return this.#parts.trials.run(next, trial, (undo) => make(next, undo));
    const done = await make(next);
    return done.kind === 'failed' ? done : { kind: 'kept', value: done.value };
  }

  /** A trial that failed: what was held is what is held. */
  async #wentBack(tried: { readonly kind: 'taken back' | 'lost'; readonly message: string }, started: number) {
    this.#parts.problems.set('rolled-back', tried.message);
    if (tried.kind === 'lost') await this.#loadBefore();
    if (this.#held !== null) await this.#readOwn(this.#held);
    return this.#result('rolled back', started, tried.message);
  }

  /** Of an agent that ended in the middle of one. */
  async #endTrial(): Promise<void> {
    const ended = await this.#parts.trials.takeOver();
    if (ended === 'lost') this.#parts.log('error', 'The undo of an unfinished change cannot be run');
    if (ended === 'taken back') this.#parts.log('warn', 'A change that nobody had kept was taken back');
  }

  async #loadBefore(): Promise<void> {
    const done = this.#held === null ? await this.#parts.kernel.remove() : await this.#replaceKernel(this.#held);
    if (done.kind === 'failed') this.#parts.problems.set('kernel-restore', done.message);
  }

  async #restore(held: HostRuleset, what: string, by: readonly string[]): Promise<void> {
    if (await this.#ourChange(() => this.#loadAgain(held))) this.#noteTampering(what, by);
  }

  #noteTampering(what: string, by: readonly string[]): void {
    this.#restored++;
    const who = by.length === 0 ? 'somebody else' : `somebody else, with ${by.join(' or ')},`;
    this.#parts.problems.set(
      'tampering',
      `The kernel's rules were changed by ${who} and put back ${this.#restored} times: ${what}`,
    );
  }

  /** False when the kernel did not take it. */
  async #loadAgain(held: HostRuleset): Promise<boolean> {
    const { problems, file } = this.#parts;
    await this.#kernelNumbers();
    const done = await this.#replaceKernel(held);
    if (done.kind === 'failed') {
      problems.set('kernel-restore', `Cannot restore generation ${held.generation}: ${done.message}`);
      return false;
    }
    problems.clear('kernel-restore');
    if ((await this.#readOwn(held)).kind === 'same') file.commit(held);
    return true;
  }

  /**
   * Reads back what we loaded a moment ago. A difference now is no tampering but a kernel that took something else, or
   * a listing that we cannot read (another nft, say): it is said, the host stays unproven, and it is soon left at that.
   * Unless something is missing: that somebody took away in this very moment, and it is put back.
   */
  async #readOwn(held: HostRuleset): Promise<Reading> {
    this.#listedSo.clear();
    this.#unproven++;
    const reading = await this.#readUntilWhole(held);
    const { problems } = this.#parts;
    if (reading.kind !== 'differs') {
      this.#unproven = 0;
      problems.clear('kernel-unproven');
      return reading;
    }
    if (!reading.hollow) this.#listedSo.set('everything', reading.all);
    const structure = await this.#readBack(held, 'structure');
    if (structure.kind === 'differs' && !structure.hollow) this.#listedSo.set('structure', structure.all);
    this.#proven = false;
    problems.set('kernel-unproven', `Cannot prove generation ${held.generation}: it reads back as ${reading.what}`);
    return reading;
  }

  async #readUntilWhole(held: HostRuleset): Promise<Reading> {
    for (let load = 1; ; load++) {
      const reading = await this.#readBack(held, 'everything');
      if (reading.kind !== 'differs' || !reading.hollow || load > loadsHollow) return reading;
      await this.#kernelNumbers();
      if ((await this.#replaceKernel(held)).kind === 'failed') return reading;
      this.#noteTampering(reading.what, []);
    }
  }

  /** Records may carry the new numbers before the call returns, so they are learned first. */
  async #replaceKernel(next: HostRuleset, undo?: KeepUndo): Promise<Done<Change>> {
    this.#parts.decisions.learn(next, next.generation);
    const done = await this.#parts.kernel.replace(next, undo);
    if (done.kind === 'done') this.#parts.counters.retired(done.value);
    if (done.kind === 'done') this.sight.applied(next.generation);
    return done;
  }

  async #amendKernel(next: HostRuleset, delta: RulesetDelta, undo?: KeepUndo): Promise<Done<Change>> {
    const { kernel } = this.#parts;
    const numbers = await kernel.held();
    if (numbers.kind === 'failed') return numbers;
    // Somebody changed the kernel since the last check: the whole ruleset is right where a difference is not.
    if (!isBase(numbers.value, delta)) return this.#replaceKernel(next, undo);
    const done = await kernel.amend({ base: numbers.value, next, addresses: delta.addresses }, undo);
    if (done.kind === 'done') this.sight.applied(next.generation);
    return done;
  }

  /** `unknown`: the kernel could not be read, which says nothing about what it holds. */
  async #readBack(held: HostRuleset, depth: Depth): Promise<Reading> {
    const comparison = await this.#parts.kernel.compare(held, depth);
    const reading = readingOf(comparison);
    this.#proven = reading.kind === 'same';
    this.sight.listed(depth, outcomeOf[reading.kind], reading.kind === 'same' ? null : reading.what);
    if (reading.kind === 'unknown') this.#parts.problems.set('kernel-read', reading.what);
    else this.#parts.problems.clear('kernel-read');
    if (reading.kind === 'differs') {
      this.#parts.log('warn', `The kernel does not hold generation ${held.generation}`, { what: reading.what });
    }
    return reading;
  }

  #failure(started: number, message: string): Result {
    this.#parts.problems.set('kernel-apply', message);
    return this.#result('failed', started, message);
  }

  #result(kind: Result['kind'], started: number, problem: string | null): Result {
    const milliseconds = this.#parts.clock() - started;
    return { kind, held: this.#held, proven: this.#proven, problem, milliseconds };
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const turn = this.#queue.then(task).finally(() => {
      this.#waiting--;
    });
    this.#queue = turn.catch(() => {});
    return turn;
  }
}

type Asked = { readonly started: number; readonly trial: TrialRun | null };
type Make = (next: HostRuleset, undo?: KeepUndo) => Promise<Done<Change>>;

/** `what` is for people and short, `all` tells two differences apart. */
type Reading =
  | { readonly kind: 'same' }
  | { readonly kind: 'unknown'; readonly what: string }
  | { readonly kind: 'differs'; readonly what: string; readonly all: string; readonly hollow: boolean };

const outcomeOf = { same: 'holds', unknown: 'unread', differs: 'differs' } as const;

function readingOf(comparison: Done<Comparison>): Reading {
  if (comparison.kind === 'failed') return { kind: 'unknown', what: comparison.message };
  if (comparison.value.kind === 'same') return { kind: 'same' };
  const { what, hollow } = comparison.value;
  return { kind: 'differs', what: what.slice(0, 5).join('; '), all: what.join('\n'), hollow };
}

function isBase(numbers: HeldNumbers | null, delta: RulesetDelta): numbers is HeldNumbers {
  const { base } = delta;
  return numbers !== null && numbers.generation === base.generation && numbers.hash === base.hash;
}
