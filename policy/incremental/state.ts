import type { ModeDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { AddressDelta, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { labelsSeen, networksOf } from '../estate.ts';
import { type Modes, modesOf } from '../language/modes.ts';
import type { Tier } from '../language/tiers.ts';
import { Combinations } from './combinations.ts';
import { Contents } from './contents.ts';
import { Directories } from './directories.ts';
import { type Holdings, termWeight, usedNumbers } from './holdings.ts';
import { Kinds } from './kinds.ts';
import type { Group, KnownAddress, LabelSet, Member, PeerClass, Standing } from './nodes.ts';
import { Places } from './places.ts';
import { RuleStore } from './rule-store.ts';
import { Segments } from './segments.ts';
import { type NamedDocument, Sources } from './sources.ts';
import { Standings } from './standings.ts';
import { TermStore } from './term-store.ts';
import type { View } from './view.ts';
import { type Move, Views } from './views.ts';

/** What events did to hosts whose rulesets were asked for. */
export type Changes = {
  /** To be walked before the next events. Hosts of these groups take the same few addresses in or out; everything else of their rulesets stays. */
  readonly deltas: readonly { readonly delta: AddressDelta; readonly groups: Iterable<Group> }[];
  /**
   * Hosts of these groups have other identities, so another body. Until somebody asks for one of them again, nothing
   * more is told of the group: nobody holds what could be changed.
   */
  readonly groups: readonly Group[];
  /** Hosts that judge by other rules or modes than before, or have other addresses; they may be in a group above. */
  readonly hosts: ReadonlySet<string>;
  /** Hosts that have no ruleset any more. */
  readonly gone: ReadonlySet<string>;
};

const directoryWeight = 100;

/** What one call of `apply` has changed so far. */
type Pending = {
  /** What the address was in each directory before. */
  readonly addresses: Map<KnownAddress, readonly (PeerClass | null)[]>;
  readonly members: Set<Member>;
  /** Guests that have other addresses or were none before: SPEC G3. */
  readonly guests: Set<Member>;
  readonly labelSets: Set<LabelSet>;
  readonly hosts: Set<string>;
  readonly gone: Set<string>;
};

/** `wideFrom`: see `Views`. */
type Terms = { readonly tiers: readonly Tier[]; readonly now: number; readonly wideFrom: number };

/** What may be without hosts now. */
type Left = { readonly standings: Set<Standing>; readonly groups: Set<Group> };

/**
 * Estate and policy under one order of tiers, and all that is worked out from them. Changes are collected, then settled
 * at once: labels, instances of rulesets, selectors, peers, the rules of hosts, and last what nobody needs any more.
 */
export class State {
  readonly terms = new TermStore();
  readonly segments = new Segments();
  readonly places = new Places();
  readonly rules: RuleStore;
  readonly sources: Sources;
  readonly contents: Contents;
  readonly members = new Map<string, Member>();
  readonly #combinations = new Combinations(this.segments);
  readonly #kinds: Kinds;
  readonly #standings: Standings;
  readonly #directories: Directories;
  readonly #views: Views;
  #modes: readonly ModeDocument[] = [];
  #pending = nothingPending();

  constructor({ tiers, now, wideFrom }: Terms) {
    const { terms, segments, places } = this;
    this.rules = new RuleStore(now);
    const look = (keys: Iterable<string>) => this.#look(keys);
    this.sources = new Sources({ terms, rules: this.rules, tiers, combinations: this.#combinations, look });
    this.#kinds = new Kinds({ terms, segments, places, rules: this.rules });
    const modesOfMember = (member: Member) => this.#modesOf(member);
    this.#standings = new Standings({ segments, places, kinds: this.#kinds, modesOf: modesOfMember });
    this.#directories = new Directories({ terms, segments, places });
    this.#views = new Views({ terms, segments, directories: this.#directories }, wideFrom);
    const laws = { tiers, serviceSets: this.sources.serviceSets, terms: terms.terms };
    this.contents = new Contents({ terms, places, standings: this.#standings, views: this.#views, laws });
  }

  contentOf(member: Member): HostRulesetContent | Problem {
    return this.contents.of(member);
  }

  /** The group whose deltas the host is told of from now on. */
  follow(member: Member): Group {
    const { group } = member.standing ?? this.#standings.settle(member);
    this.contents.viewOf(group);
    return group;
  }

  held(): Holdings {
    return {
      slots: this.rules.rules.length,
      terms: this.terms.weight,
      services: this.sources.serviceSets.length,
      values: this.segments.valueCount,
      combinations: this.#combinations.weight(null),
      directories: directoryWeight * this.#directories.all.length,
    };
  }

  /** What of it there would be if it were opened now. A look at every rule and label set. */
  used(): Holdings {
    const { rules, terms, services } = usedNumbers(this.rules.rules);
    const named = [...terms].flatMap((id) => this.terms.terms[id] ?? []);
    return {
      slots: rules,
      terms: named.reduce((sum, term) => sum + termWeight(term), 0),
      services: services.size,
      values: this.segments.countUsedValues(named),
      combinations: this.#combinations.weight(this.sources.keyLists()),
      directories: directoryWeight * this.#views.countDirectories(),
    };
  }

  /** The same estate and policy: who was asked for there is asked for here, in the same groups. */
  takeOver(before: State): void {
    const asked = [...before.members.values()].flatMap(({ document, standing }) => {
      const member = this.members.get(document.name);
      return standing === null || member === undefined ? [] : [{ member, group: standing.group }];
    });
    this.#standings.takeOver(asked);
    for (const { group } of asked) if (before.contents.isAsked(group)) this.contents.viewOf(group);
  }

  /** Workloads of an estate in which there are none yet, with names of their own: nobody is told of anything. */
  load(documents: Iterable<WorkloadDocument>): void {
    for (const document of documents) {
      const member = this.#newMember(document);
      this.members.set(document.name, member);
      member.labelSet.members.add(member);
      member.claimed = this.places.claimAll(member);
    }
    for (const labelSet of this.segments.labelSets) this.#pending.labelSets.add(labelSet);
    this.settle();
  }

  /** Added, or in place of the one of that name. */
  putWorkload(document: WorkloadDocument): void {
    const member = this.members.get(document.name);
    if (member === undefined) this.#addWorkload(document);
    else this.#changeWorkload(member, document);
  }

  removeWorkload(name: string): void {
    const member = this.members.get(name);
    if (member === undefined) return;
    this.members.delete(name);
    this.#leaveLabels(member);
    this.#release(member);
    if (member.standing !== null) this.#pending.members.add(member);
    if (member.document.enforced) this.#pending.gone.add(name);
  }

  putPolicy(document: NamedDocument): void {
    this.#turn();
    this.sources.put(document);
  }

  removePolicy(kind: NamedDocument['kind'], name: string): void {
    this.#turn();
    this.sources.remove(kind, name);
  }

  setModes(modes: readonly ModeDocument[]): void {
    this.#modes = modes;
    this.#look(modes.flatMap(({ selector }) => selector.requirements.map(({ key }) => key)));
    for (const labelSet of this.segments.labelSets) labelSet.modes.clear();
    for (const { members } of this.#standings.all) for (const member of members) this.#pending.members.add(member);
  }

  /** Everything that was put since the last call takes effect. */
  settle(): Changes {
    this.#turn();
    this.#admit();
    const pending = this.#pending;
    this.#pending = nothingPending();
    const moves = this.#moves(pending);
    const { deltas, unnumbered } = this.#views.move(moves);
    if (moves.length > 0 || pending.addresses.size > 0) this.contents.touched();
    const left = this.#settleHosts(pending);
    const changes: Changes = {
      deltas: deltas.map(({ delta, views }) => ({ delta, groups: this.#groupsOf(views) })),
      groups: [...this.#groupsOf(unnumbered)],
      hosts: pending.hosts,
      gone: pending.gone,
    };
    this.#cleanUp(pending, moves, left);
    return changes;
  }

  /** A change between environments is for thousands of views: whoever asks walks them. */
  #groupsOf(views: Iterable<View>): Iterable<Group> {
    const { contents } = this;
    return {
      *[Symbol.iterator]() {
        for (const view of views) yield* contents.groupsOf(view);
      },
    };
  }

  #addWorkload(document: WorkloadDocument): void {
    const member = this.#newMember(document);
    this.members.set(document.name, member);
    this.#joinLabels(member, member.labelSet);
    this.#claim(member);
    if (document.enforced) this.#pending.hosts.add(document.name);
  }

  #newMember(document: WorkloadDocument): Member {
    const labelSet = this.segments.labelSetOf(labelsSeen(document));
    return { document, claimed: [], networks: networksOf(document.addresses), labelSet, standing: null };
  }

  #changeWorkload(member: Member, document: WorkloadDocument): void {
    const before = member.document;
    const moved = !sameAddresses(before.addresses, document.addresses);
    if (moved) this.#release(member);
    member.document = document;
    if (moved) member.networks = networksOf(document.addresses);
    const labelSet = this.segments.labelSetOf(labelsSeen(document));
    if (labelSet !== member.labelSet) {
      this.#leaveLabels(member);
      member.labelSet = labelSet;
      this.#joinLabels(member, labelSet);
      this.#touchOwned(member);
    }
    if (moved) this.#claim(member);
    if (before.enforced && !document.enforced) this.#pending.gone.add(document.name);
    if (document.enforced && !before.enforced) this.#pending.hosts.add(document.name);
    if ((before.host === null) !== (document.host === null) || (moved && document.host !== null))
      this.#pending.guests.add(member);
    if (member.standing !== null) this.#pending.members.add(member);
  }

  #joinLabels(member: Member, labelSet: LabelSet): void {
    labelSet.members.add(member);
    this.#pending.labelSets.add(labelSet);
  }

  #leaveLabels(member: Member): void {
    member.labelSet.members.delete(member);
    this.#pending.labelSets.add(member.labelSet);
  }

  #claim(member: Member): void {
    for (const { address } of member.document.addresses) {
      const known = this.places.get(address);
      if (known !== undefined) this.#touch(known);
    }
    member.claimed = this.places.claimAll(member);
    for (const known of member.claimed) this.#touch(known);
  }

  #release(member: Member): void {
    this.#touchOwned(member);
    for (const known of member.claimed) this.places.release(known, member);
    member.claimed = [];
  }

  #touchOwned({ claimed }: Member): void {
    for (const known of claimed) this.#touch(known);
  }

  /** Before and after claims of it change: all claimants may see themselves in another way. */
  #touch(known: KnownAddress): void {
    const { addresses, members } = this.#pending;
    if (!addresses.has(known)) addresses.set(known, [...known.classes]);
    for (const { member } of known.claims) if (member.standing !== null) members.add(member);
  }

  #look(keys: Iterable<string>): void {
    if (!this.segments.look(keys)) return;
    this.#turn();
    this.segments.remake(this.members.values());
    this.#combinations.restart();
  }

  #turn(): void {
    this.sources.turn(this.#combinations.turn(this.#pending.labelSets));
  }

  #admit(): void {
    const fresh = this.terms.takeFresh();
    if (fresh.size === 0) return;
    const requirements = [...fresh.values()].flatMap((term) => (term.kind === 'workloads' ? term.requirements : []));
    this.#look(requirements.map(({ key }) => key));
    for (const { members } of this.segments.admit(fresh)) {
      for (const member of members) {
        this.#touchOwned(member);
        if (member.standing !== null) this.#pending.members.add(member);
      }
    }
    for (const known of this.places.admit(fresh)) this.#touch(known);
  }

  /** Addresses that are something else now, with directories brought up to date. */
  #moves({ addresses }: Pending): Move[] {
    const moves: Move[] = [];
    for (const directory of this.#directories.all) {
      for (const [known, before] of addresses) {
        const from = before[directory.index] ?? null;
        const to = this.#directories.classify(directory, known);
        if (from === to) continue;
        this.#directories.place(directory, known, to);
        moves.push({ known, directory, from, to });
      }
    }
    return moves;
  }

  /** Fills in `hosts` and `gone`; answers what may be empty now. */
  #settleHosts({ members, guests, hosts, gone }: Pending): Left {
    const [standings, groups] = [new Set<Standing>(), new Set<Group>()];
    for (const { standing, before } of this.#standings.regroup(this.#kinds.refresh(this.rules.takeChanged()))) {
      groups.add(before);
      if (this.contents.isAsked(before)) for (const { document } of standing.members) hosts.add(document.name);
    }
    for (const member of members) {
      const before = member.standing;
      if (before === null) continue;
      standings.add(before);
      const { document } = member;
      if (this.members.get(document.name) !== member || !document.enforced) {
        this.#standings.leave(member);
        continue;
      }
      const after = this.#standings.settle(member);
      const sameEnds = before.group === after.group && before.locals.length === 1 && after.locals.length === 1;
      const silent = sameEnds && !guests.has(member);
      if (!silent && this.contents.isAsked(before.group)) hosts.add(document.name);
    }
    // One batch may take a host away and bring it back, or the other way round.
    for (const name of gone) {
      if (this.members.get(name)?.document.enforced === true) gone.delete(name);
      else hosts.delete(name);
    }
    return { standings, groups };
  }

  #cleanUp(pending: Pending, moves: readonly Move[], left: Left): void {
    this.contents.drop(this.#standings.drop(left.standings, left.groups));
    this.#views.forget(this.#directories.drop(moves.flatMap(({ from }) => from ?? [])));
    this.places.drop(pending.addresses.keys());
    this.segments.drop(pending.labelSets);
  }

  #modesOf({ document, labelSet }: Member): Modes {
    const known = labelSet.modes.get(document.fallbackMode);
    if (known !== undefined) return known;
    const judged = { labels: labelsSeen(document), fallbackMode: document.fallbackMode };
    const modes = modesOf(this.#modes, judged, () => {});
    labelSet.modes.set(document.fallbackMode, modes);
    return modes;
  }
}

function nothingPending(): Pending {
  return {
    addresses: new Map(),
    members: new Set(),
    guests: new Set(),
    labelSets: new Set(),
    hosts: new Set(),
    gone: new Set(),
  };
}

function sameAddresses(a: WorkloadDocument['addresses'], b: WorkloadDocument['addresses']): boolean {
  if (a === b) return true;
  return (
    a.length === b.length &&
    a.every(({ network, address }, index) => network === b[index]?.network && address === b[index].address)
  );
}
