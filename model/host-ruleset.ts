import type { Address } from '@bulkhead/net/address.ts';
import type { Prefix } from '@bulkhead/net/prefix.ts';
import type { ServiceRange } from '@bulkhead/net/service-space.ts';
import type { Decision } from './decision.ts';

/**
 * What one host enforces: neutral, complete, immutable. No back end sees policy, only this.
 *
 * A packet is judged as: local address -> end; peer address -> identity; service -> class;
 * (identity, class) -> decision, else (0, class) -> decision, else the direction's `miss`. Of an outbound connection the
 * decision may be another while its peer is an address of a domain name: see `NumberedDecision.named`.
 *
 * INVARIANT: every peer address has exactly one identity: its entry in `addresses`, else the one prefix that contains
 * it (prefixes are disjoint), else 0. Identities are shared by all ends and both directions.
 * INVARIANT: every service point has exactly one class: the one whose services contain it, else 0.
 */
export type HostRuleset = {
  readonly format: 1;
  readonly workload: string;
  readonly content: HostRulesetContent;
  /** Grows with every change sent to this host; an agent refuses anything not above what it holds. */
  readonly generation: number;
  /** What the fast path accepts in the conntrack mark, 1..65535; changes when the new content narrows the old. */
  readonly revision: number;
  /** SHA-256 of the canonical content in lower-case hex (model/host-ruleset-text.ts). */
  readonly hash: string;
  /** The policy version it was compiled from; for people and reports. */
  readonly version: number;
};

export type HostRulesetContent = {
  readonly identities: readonly Identity[];
  /** Sorted by family, then bits. None has identity 0. */
  readonly addresses: readonly PeerAddress[];
  readonly prefixes: readonly PeerPrefix[];
  readonly classes: readonly ServiceClass[];
  /** The domain names that some decision looks at, by name; absent when there is none. */
  readonly names?: readonly DomainName[];
  /** Indexed by `number`, which is the position. */
  readonly decisions: readonly NumberedDecision[];
  /** The last one has no addresses and stands for every local address not named before it. */
  readonly ends: readonly HostEnd[];
  /**
   * The addresses that the ruleset is for, sorted like `addresses`: those of a guest, which its host sends and receives
   * packets for. What is to or from none of them is not judged by it. Absent: a host's own ruleset, for whatever address.
   */
  readonly local?: readonly Address[];
};

/** `name` is for people: the label set and lists it stands for. Ids count from 1, at most 2^20 - 1. */
export type Identity = { readonly id: number; readonly name: string };
export type PeerAddress = { readonly address: Address; readonly identity: number };
export type PeerPrefix = { readonly prefix: Prefix; readonly identity: number };

/** Ids count from 1, at most 4095. */
export type ServiceClass = { readonly id: number; readonly services: readonly ServiceRange[] };
/** `name` is a name of the DNS, or `*.` and one: every name below it. Ids count from 1, at most 2^16 - 1. */
export type DomainName = { readonly id: number; readonly name: string };

/** `named`: of these the first whose name the peer is an address of decides instead; absent when there is none. */
export type NumberedDecision = Decision & { readonly number: number; readonly named?: readonly NamedDecision[] };
/** `decision`: a number, whose own `named` is looked at in turn. INVARIANT: that comes to an end. */
export type NamedDecision = { readonly name: number; readonly decision: number };
export type HostEnd = {
  readonly addresses: readonly Address[];
  readonly inbound: DirectionTable;
  readonly outbound: DirectionTable;
};

/** `cells` leaves out every cell equal to its class's row at identity 0, and rows equal to `miss`. */
export type DirectionTable = { readonly cells: readonly Cell[]; readonly miss: number };
export type Cell = { readonly identity: number; readonly class: number; readonly decision: number };

export const identityLimit = 0xfffff;
export const classLimit = 0xfff;
export const nameLimit = 0xffff;

/** What changed from one content to the next when only peer addresses did: one element per address. */
export type AddressDelta = {
  readonly added: readonly PeerAddress[];
  readonly removed: readonly PeerAddress[];
};
