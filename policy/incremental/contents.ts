import type { HostRulesetContent, PeerAddress } from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { byPrecedence } from '../policy.ts';
import { isProblem } from '../problems.ts';
import { type Body, buildBody, type EndTables, type Laws } from '../ruleset/body.ts';
import type { LocalRule, LocalRules } from '../ruleset/local-rules.ts';
import type { Group, Kind, Member, Standing } from './nodes.ts';
import type { Numbering } from './numbering.ts';
import type { Places } from './places.ts';
import type { Standings } from './standings.ts';
import type { TermStore } from './term-store.ts';
import type { View } from './view.ts';
import type { Views } from './views.ts';

type Parts = {
  readonly terms: TermStore;
  readonly places: Places;
  readonly standings: Standings;
  readonly views: Views;
  readonly laws: Laws;
};

/** `numbering`: of the view when the body was built. */
type Built = { readonly numbering: Numbering; readonly body: Body | Problem };

/**
 * Host rulesets on demand. The first host of a group costs its view and its body, the others their peer addresses, and
 * those nothing while the same view is asked for again and again.
 */
export class Contents {
  readonly #parts: Parts;
  readonly #views = new Map<Group, View>();
  readonly #groups = new Map<View, Set<Group>>();
  readonly #idle = new Set<View>();
  readonly #bodies = new Map<Group, Built>();
  readonly #ordered = new WeakMap<Kind, LocalRules>();
  #listed: { readonly view: View; readonly addresses: readonly PeerAddress[] } | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Somebody holds rulesets of the group. */
  isAsked(group: Group): boolean {
    return this.#views.has(group);
  }

  groupsOf(view: View): ReadonlySet<Group> {
    return this.#groups.get(view) ?? noGroups;
  }

  /** The view of the group from now on is kept up to date. */
  viewOf(group: Group): View {
    const view = this.#views.get(group) ?? this.#open(group);
    view.numbering();
    return view;
  }

  /** Addresses are others now. */
  touched(): void {
    this.#listed = null;
  }

  /**
   * A view without groups stays until the next time: hosts that got other rules mostly tell the same peers apart, and ask
   * again at once. Until then nobody is told of what it sees.
   */
  drop(groups: Iterable<Group>): void {
    for (const view of this.#idle) if (!this.#groups.has(view)) this.#parts.views.drop(view);
    this.#idle.clear();
    for (const group of groups) {
      this.#bodies.delete(group);
      const view = this.#views.get(group);
      if (view === undefined) continue;
      this.#views.delete(group);
      const others = this.#groups.get(view);
      others?.delete(group);
      if (others === undefined || others.size > 0) continue;
      this.#groups.delete(view);
      view.forgetNumbers();
      this.#idle.add(view);
    }
  }

  of(member: Member): HostRulesetContent | Problem {
    const { group } = member.standing ?? this.#parts.standings.settle(member);
    const view = this.viewOf(group);
    const body = this.#bodyOf(group, view);
    if (isProblem(body)) return { ...body, message: `Cannot compile "${member.document.name}": ${body.message}` };
    const local = member.document.host === null ? {} : { local: this.#localOf(member) };
    return { ...body, addresses: this.#addressesOf(view), ends: this.#endsOf(member, body), ...local };
  }

  #open(group: Group): View {
    const view = this.#parts.views.of(group.networks, relevantTerms(group));
    this.#views.set(group, view);
    const groups = this.#groups.get(view) ?? new Set();
    this.#groups.set(view, groups);
    groups.add(group);
    return view;
  }

  #bodyOf(group: Group, view: View): Body | Problem {
    const known = this.#bodies.get(group);
    const numbering = view.numbering();
    if (known !== undefined && known.numbering === numbering) return known.body;
    const { signatures } = numbering;
    const always = this.#parts.terms.any.filter((term) => view.relevant.has(term));
    const terms = [new Set(always), ...signatures.map((signature) => new Set([...always, ...signature.terms]))];
    const kinds = group.kinds.map((kind) => this.#inOrder(kind));
    const peers = { identities: numbering.identities(), addresses: [], prefixes: numbering.prefixes(), terms };
    const body = buildBody(this.#parts.laws, { kinds, modes: group.modes }, peers);
    this.#bodies.set(group, { numbering, body });
    return body;
  }

  /** SPEC G3. */
  #localOf(member: Member): readonly Address[] {
    return this.#parts.standings.addressesOf(member).map(({ known }) => known.address);
  }

  #endsOf(member: Member, body: Body): HostRulesetContent['ends'] {
    const elsewhere = (member.standing as Standing).locals.at(-1)?.kind as Kind;
    const byKind = new Map<Kind, Address[]>();
    for (const { known, local } of this.#parts.standings.addressesOf(member)) {
      if (local.kind === elsewhere) continue;
      const addresses = byKind.get(local.kind) ?? [];
      byKind.set(local.kind, addresses);
      addresses.push(known.address);
    }
    const end = ({ rules }: Kind, addresses: readonly Address[]) => {
      return { addresses, ...(body.ends.get(rules.key) as EndTables) };
    };
    return [...[...byKind].map(([kind, addresses]) => end(kind, addresses)), end(elsewhere, [])];
  }

  /** Marks numbers by rank and sweeps once: no sort, whatever the view has. */
  #addressesOf(view: View): readonly PeerAddress[] {
    if (this.#listed?.view === view) return this.#listed.addresses;
    const ordered = this.#parts.places.ordered();
    const numbers = new Uint32Array(ordered.length);
    this.#parts.views.each(view, (known, number) => {
      numbers[known.rank] = number;
    });
    const addresses: PeerAddress[] = [];
    for (let rank = 0; rank < numbers.length; rank++) {
      const identity = numbers[rank] as number;
      if (identity > 0) addresses.push({ address: ordered[rank]?.address as Address, identity });
    }
    this.#listed = { view, addresses };
    return addresses;
  }

  #inOrder(kind: Kind): LocalRules {
    const known = this.#ordered.get(kind);
    if (known !== undefined) return known;
    const sorted = (rules: readonly LocalRule[]) => [...rules].sort((a, b) => byPrecedence(a.rule, b.rule));
    const { key, inbound, outbound } = kind.rules;
    const ordered = { key, inbound: sorted(inbound), outbound: sorted(outbound) };
    this.#ordered.set(kind, ordered);
    return ordered;
  }
}

const noGroups: ReadonlySet<Group> = new Set();

function relevantTerms({ kinds }: Group) {
  const [first] = kinds;
  if (kinds.length === 1 && first !== undefined) return first.relevant;
  return new Set(kinds.flatMap(({ relevant }) => [...relevant]).sort((a, b) => a - b));
}
