import type { RuleId } from '@bulkhead/model/words.ts';
import type { Asks } from '../identity.ts';
import type { TermId } from './terms.ts';

/** A rule in one of its scopes, every reference resolved. A disabled or expired rule is not among them. */
export type PolicyRule = {
  readonly id: RuleId;
  /** The scope it holds in; null outside of scopes. */
  readonly instance: string | null;
  readonly tier: number;
  readonly verdict: 'allow' | 'deny' | 'pass';
  readonly staged: boolean;
  readonly at: 'both' | 'source' | 'destination';
  /** Milliseconds since the epoch, exclusive. */
  readonly expires: number | null;
  readonly from: readonly TermId[];
  readonly to: readonly TermId[];
  /** Position in `Policy.serviceSets`. */
  readonly services: number;
  /** Null: whoever the ends are. */
  readonly asks: Asks | null;
  /** What it asks for is not known to any host, and its author accepts that (SPEC U8). */
  readonly wide: boolean;
  readonly except: readonly PolicyException[];
};

/** Null: whatever the rule says. */
export type PolicyException = {
  readonly from: readonly TermId[] | null;
  readonly to: readonly TermId[] | null;
  readonly services: number | null;
  readonly asks: Asks | null;
};
