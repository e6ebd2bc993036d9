import type { Problem } from '@bulkhead/model/problem.ts';
import type { LiveMode } from '@bulkhead/model/words.ts';
import type { Difference } from '@bulkhead/policy/diff.ts';
import type { LineResult } from '@bulkhead/policy/test.ts';
import type { Verdict } from '@bulkhead/policy/verify.ts';

export type Verdicts = { readonly effective: string; readonly intended: string };

/** A host whose ruleset would change; `narrows`: live connections are judged again. */
export type ChangedHost = {
  readonly workload: string;
  readonly narrows: boolean;
  /** What it must reach besides its controller, or it goes back to what it held. */
  readonly tries: readonly string[];
  /** In the kernel, as predicted; null: it cannot be compiled. */
  readonly size: RulesetSize | null;
  readonly problem: string | null;
};

export type RulesetSize = { readonly elements: number; readonly bytes: number };

/** An observed edge that would be judged otherwise. */
export type TouchedEdge = {
  readonly key: string;
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly attempts: number;
  readonly last: number;
  readonly was: Verdicts;
  readonly becomes: Verdicts;
};

/** What provisioning a draft would do; `diff` as intended. */
export type PreviewEffect = {
  readonly hosts: readonly ChangedHost[];
  readonly diff: Difference;
  readonly effective: Difference;
  readonly flows: { readonly items: readonly TouchedEdge[]; readonly omitted: number };
  readonly tests: readonly LineResult[];
  readonly invariants: readonly Verdict[];
};

/** With errors that leave no policy there is no effect, only problems. */
export type Preview = {
  readonly draft: string;
  /** Of the draft that was looked at; to provision with it does what is shown here, or nothing. */
  readonly revision: number;
  readonly base: number;
  readonly current: number;
  readonly baseMoved: boolean;
  readonly sound: boolean;
  readonly problems: readonly Problem[];
} & Partial<PreviewEffect>;

/** How far a preview is. */
export type PreviewProgress = {
  readonly what: 'differences' | 'hosts' | 'cuts' | 'flows' | 'invariants';
  readonly done: number;
  readonly of: number;
};

/** `away`: gets it when it comes back. `timeout`: connected, did not answer in time. */
export type HostState = 'waiting' | 'sent' | 'applied' | 'failed' | 'away' | 'timeout';

export type HostProgress = {
  readonly workload: string;
  readonly phase: 'widen' | 'narrow';
  /** The wave it is narrowed in; null: there are none, or nothing is taken away from it. */
  readonly wave: number | null;
  readonly state: HostState;
  readonly generation: number | null;
  readonly problem: string | null;
  readonly at: string;
};

export type Wave = {
  readonly wave: number;
  readonly state: 'running' | 'watching' | 'passed' | 'stopped';
  readonly hosts: number;
  readonly watchedUntil: string | null;
  readonly newlyDenied: number;
  readonly failed: number;
};

/** Flows that passed before and were denied, by the labels of their ends. */
export type DeniedGroup = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly flows: number;
  readonly attempts: number;
  readonly examples: readonly {
    readonly from: string;
    readonly to: string;
    readonly service: string;
    readonly reporter: string;
    readonly rule: string | null;
    readonly foreseen: boolean;
  }[];
};

/** `version` says again what `equals` says. */
export type RollBack = {
  readonly version: number;
  readonly equals: number;
  readonly reason: string;
  readonly groups: readonly DeniedGroup[];
  readonly omitted: number;
};

export type Waves = { readonly waves: readonly Wave[]; readonly rolledBack: RollBack | null };

export type Provision = {
  readonly version: number;
  readonly state: 'running' | 'done' | 'incomplete' | 'rolled-back';
  /** Null: from before there were waves. */
  readonly waves: Waves | null;
  /** What becomes of live connections that it denies. */
  readonly connections: LiveMode | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly hosts: readonly HostProgress[];
};

/** As intended, and the same as modes have it. */
export type VersionDifference = Difference & { readonly effective: Difference };
