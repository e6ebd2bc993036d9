import type { Decision } from '@bulkhead/model/decision.ts';
import type { AddressDelta, HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';

/** The numbers a kernel says it holds. `structure`: the generation of the last change that was more than addresses. */
export type HeldNumbers = {
  readonly generation: number;
  readonly structure: number;
  readonly revision: number;
  readonly version: number;
  readonly hash: string;
  /** Which of two sets of names the back end uses now; means nothing to anybody else. */
  readonly copy: 'a' | 'b';
  /** What name servers answer to this host is copied to whoever learns from it; absent: it is not. */
  readonly answers?: 'copied';
};

/** What one decision counter says: log records the kernel was asked to write since the counter was made. */
export type DecisionCount = { readonly name: string; readonly packets: number };

/**
 * Counters that the change removed, with their last values: whoever adds counts up must add these too, or the sum
 * would go backwards.
 */
export type Change = { readonly retired: readonly DecisionCount[] };

/** Something the host would not do; `message` carries the tool's own words. */
export type Failure = { readonly kind: 'failed'; readonly code: FailureCode; readonly message: string };
export type FailureCode = 'enforce-missing' | 'enforce-refused' | 'enforce-timeout' | 'enforce-unreadable';
export type Done<T> = { readonly kind: 'done'; readonly value: T } | Failure;

/** `hollow`: something of ours is missing, which no other way of listing the same can explain. */
export type Comparison =
  | { readonly kind: 'same' }
  | { readonly kind: 'differs'; readonly what: readonly string[]; readonly hollow: boolean };

/** `structure` leaves out the elements of maps: cheap enough for a timer at any size. */
export type Depth = 'structure' | 'everything';

/** Elements of the large maps by their position in the ruleset. */
export type Slice = { readonly first: number; readonly count: number; readonly of: number };

/**
 * What a bounded look saw. `comparison` is a suspicion where it differs: it says that the whole is to be read, not that
 * it is wrong.
 */
export type Glance = {
  readonly comparison: Comparison;
  /** How often any rules of this host were changed; null where there is no table of ours. */
  readonly epoch: number | null;
  /** Nobody changed any rules of this host since everything was read: then everything is as it was read. */
  readonly untouched: boolean;
  readonly slice: Slice;
};

/** One way of making a host hold a ruleset. The agent knows this type and no back end. */
export type BackEnd = {
  /** From whatever is there to exactly this ruleset: packets meet the one before or this one, never a part of either. */
  replace(ruleset: HostRuleset, undo?: KeepUndo): Promise<Done<Change>>;
  /** One transaction on top of `base`; `next` is the whole ruleset after it. */
  amend(change: Amendment, undo?: KeepUndo): Promise<Done<Change>>;
  /** Takes away what a change with `KeepUndo` kept: its undo is of no use from now on. */
  settle(): Promise<Done<null>>;
  /** Runs the undo that lies at this path: what the change found is there again. */
  revert(path: string): Promise<Done<null>>;
  /** Null: this host holds nothing of ours. */
  held(): Promise<Done<HeldNumbers | null>>;
  compare(ruleset: HostRuleset, depth: Depth): Promise<Done<Comparison>>;
  /**
   * A look that costs about the same at any size: everything but the large maps, and of those the slice of this `turn`
   * (0, 1, ...). Null: everything must be read first, or this host has no way to look so.
   */
  glance(ruleset: HostRuleset, turn: number): Promise<Done<Glance | null>>;
  counts(): Promise<Done<readonly DecisionCount[]>>;
  /** Takes away exactly what is ours. */
  remove(): Promise<Done<null>>;
  /** Which rule of somebody else drops the packets of a flow that ours let pass; null: none was seen to. */
  whoDrops(flow: Flow, milliseconds: number): Promise<Done<string | null>>;
  /** All of the host's firewall that is not ours, as text without counts: the same before and after, whatever we do. */
  others(): Promise<Done<string>>;
};

/**
 * What was before stays loadable from a script at `path`, which needs nothing of us to be run, until `settle`. The
 * script is on disk and `armed` has said yes before anything enforces otherwise; a failure of either changes nothing.
 */
export type KeepUndo = { readonly path: string; readonly armed: () => Promise<Done<null>> };

export type Flow = {
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
};

export type Amendment = {
  readonly base: HeldNumbers;
  readonly next: HostRuleset;
  readonly addresses: AddressDelta;
};

/** What a decision is counted under: equal for equal direction, verdicts and rules, whatever the generation. */
export type CountKey = { readonly direction: Direction; readonly decision: Decision };
