import type { Address } from '@bulkhead/net/address.ts';
import type { Direction, RuleId, Verdict } from './words.ts';

/**
 * Connection attempts of equal key that one host saw during one reporting window, added up at the agent.
 * `inbound` was reported by the destination, `outbound` by the source.
 */
export type ConnectionReport = {
  /** Milliseconds since the epoch by the host's clock: first and last attempt. */
  readonly first: number;
  readonly last: number;
  readonly direction: Direction;
  readonly network: string;
  readonly local: Address;
  readonly peer: Address;
  /** A point of the service space (net/service-space.ts), always the server's side. */
  readonly service: number;
  readonly effective: Verdict;
  readonly intended: Verdict;
  /** The rules behind the two verdicts; null when nothing matched, or when a mode let it pass. */
  readonly effectiveRule: RuleId | null;
  readonly intendedRule: RuleId | null;
  /** The host ruleset generation that judged; 0 where none was loaded. */
  readonly generation: number;
  /** Attempts: a retransmitted first packet is not another attempt. */
  readonly count: number;
  /** Log records behind the attempts; what loss accounting compares with kernel counters. */
  readonly records: number;
  /** The local process as far as it is known: of the listener when inbound. Null: unknown, never guessed. */
  readonly process: string | null;
  readonly unit: string | null;
  readonly user: string | null;
};
