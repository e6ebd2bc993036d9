import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { Labels, RuleId, Verdict } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { DecisionState } from './decision-state.ts';

/** A workload as it was during one stretch of time: the same object for every report that falls into it. */
export type WorkloadEnd = {
  readonly kind: 'workload';
  readonly name: string;
  readonly labels: Labels;
  /** Has an enforcer, so its own reports are to be expected. */
  readonly managed: boolean;
};

/** No single owner. `claimedBy` names the workloads that claimed it at once; empty: nobody did. */
export type AddressEnd = {
  readonly kind: 'address';
  readonly network: string;
  readonly address: Address;
  readonly claimedBy: readonly string[];
};

export type EdgeEnd = WorkloadEnd | AddressEnd;

/** What one host reported, with both ends as they were at that time. `reporter` is the reporting workload. */
export type LabelledReport = {
  readonly reporter: string;
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  readonly report: ConnectionReport;
};

/** The listener behind the service, said by the destination's own reports; null: never guessed. */
export type Server = { readonly process: string | null; readonly unit: string | null; readonly user: string | null };

/** One judgement seen on an edge: which end took it, what it was, and how many attempts it judged. */
export type SeenRule = {
  readonly end: 'source' | 'destination';
  readonly effective: Verdict;
  readonly intended: Verdict;
  readonly effectiveRule: RuleId | null;
  readonly intendedRule: RuleId | null;
  readonly attempts: number;
};

/**
 * Connection attempts, each counted once however many ends reported it (see `countEdge`). `denied` were stopped at
 * either end; `wouldBeDenied` passed although some end intends to deny them; `records` is log records behind it all.
 */
export type EdgeCounts = {
  readonly attempts: number;
  readonly denied: number;
  readonly wouldBeDenied: number;
  readonly records: number;
};

export type Edge = EdgeCounts & {
  /** Unique, stable over restarts, readable: `web-1{app=shop} -> db-1{app=shop} tcp/5432`. */
  readonly key: string;
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  /** A point of the service space and its text form. */
  readonly service: number;
  readonly serviceText: string;
  /** Over everything counted here, and over the newest bucket alone: what a connection made now would meet. */
  readonly state: DecisionState;
  readonly latest: DecisionState;
  readonly rules: readonly SeenRule[];
  readonly server: Server | null;
  /** Milliseconds since the epoch, by the reporting hosts' clocks. */
  readonly first: number;
  readonly last: number;
  /** Workloads whose agents reported it, sorted. */
  readonly reporters: readonly string[];
  /** Grows with every change of any edge; what a change feed resumes from. 0 where the edge comes from history. */
  readonly sequence: number;
};
