import type { WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { ModeName } from '@bulkhead/model/words.ts';
import type { Address, Family } from '@bulkhead/net/address.ts';
import type { Modes } from '../language/modes.ts';
import type { TermId } from '../language/terms.ts';
import type { LocalRules } from '../ruleset/local-rules.ts';

/**
 * What the incremental compiler holds, from workloads to segments. Everything that many hosts have in common is one
 * object; lists of terms ascend and name no `any` term.
 */

/** A workload of the estate. `standing` is null until somebody asks for its ruleset. */
export type Member = {
  document: WorkloadDocument;
  /** As the document lists its addresses. */
  claimed: readonly KnownAddress[];
  networks: readonly string[];
  labelSet: LabelSet;
  standing: Standing | null;
};

/** The labels that some selector looks at. `values`: by column, -1 where the key is absent. */
export type LabelSet = {
  readonly key: string;
  readonly values: readonly number[];
  readonly members: Set<Member>;
  atom: Atom;
  /** By fallback mode; what Mode documents say of these labels. */
  readonly modes: Map<ModeName, Modes>;
};

/** Label sets that the same selectors match. INVARIANT: `terms` only ever grows, by terms that nothing uses yet. */
export type Atom = {
  readonly id: number;
  key: string;
  terms: readonly TermId[];
  /** By position of the term: where the atom stands among the atoms of that term. */
  readonly spots: number[];
  readonly labelSets: Set<LabelSet>;
  readonly peers: Set<PeerClass>;
  readonly locals: Map<Place, Local>;
};

/** Addresses that the same ip lists and prefixes contain. The first one is in none of them. */
export type Place = {
  readonly id: number;
  readonly terms: readonly TermId[];
  readonly peers: Set<PeerClass>;
  readonly locals: Set<Local>;
};

/** An address that somebody claims. `bits`: a number for IPv4. */
export type KnownAddress = {
  readonly address: Address;
  readonly family: Family;
  readonly bits: number | bigint;
  place: Place;
  claims: readonly Claim[];
  /** By directory: what it is there, null where no owner can be told (SPEC D1, E11). */
  readonly classes: (PeerClass | null)[];
  /** In the order of all known addresses; valid while that order is. */
  rank: number;
};
export type Claim = { readonly network: string; readonly member: Member };

/** Owned addresses that no term tells apart, as hosts in one set of networks see them. */
export type PeerClass = {
  readonly directory: number;
  readonly atom: Atom;
  readonly place: Place;
  readonly addresses: Set<KnownAddress>;
  /** Of the last walk that met it. */
  stamp: number;
};

/** One kind of local address: the atom of its host (or of nobody, SPEC D2) and its place. */
export type Local = {
  readonly atom: Atom;
  readonly place: Place;
  kind: Kind;
  readonly standings: Set<Standing>;
};

/** The rules that a local address takes part in, shared by all local addresses of which that is true. */
export type Kind = {
  readonly id: number;
  /** Of the rules. */
  readonly hash: number;
  readonly rules: LocalRules;
  /** All terms of peers in them. */
  readonly relevant: ReadonlySet<TermId>;
  locals: number;
};

/** Hosts that nothing tells apart. `locals`: of their addresses, the last for addresses that are not known (SPEC K4). */
export type Standing = {
  readonly key: string;
  readonly locals: readonly Local[];
  readonly networks: readonly string[];
  readonly modes: Modes;
  readonly members: Set<Member>;
  group: Group;
};

/** Hosts that share a body: the same rules, in the same networks, under the same modes. */
export type Group = {
  readonly key: string;
  readonly kinds: readonly Kind[];
  readonly networks: readonly string[];
  readonly modes: Modes;
  readonly standings: Set<Standing>;
};

export function* hostsOf(group: Group): Iterable<string> {
  for (const { members } of group.standings) for (const { document } of members) yield document.name;
}
