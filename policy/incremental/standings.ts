import type { Direction, ModeName } from '@bulkhead/model/words.ts';
import type { Modes } from '../language/modes.ts';
import type { Kinds } from './kinds.ts';
import type { Group, Kind, KnownAddress, Local, Member, Standing } from './nodes.ts';
import type { Places } from './places.ts';
import type { Segments } from './segments.ts';

type Parts = {
  readonly segments: Segments;
  readonly places: Places;
  readonly kinds: Kinds;
  readonly modesOf: (member: Member) => Modes;
};

/** Hosts that somebody asked for: member -> standing -> group. A host costs its own addresses. */
export class Standings {
  readonly #parts: Parts;
  readonly #standings = new Map<string, Standing>();
  readonly #groups = new Map<string, Group>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get all(): Iterable<Standing> {
    return this.#standings.values();
  }

  /** Puts the member where it belongs now. Where it was is not cleaned up before `drop`. */
  settle(member: Member): Standing {
    const standing = this.#standingOf(member);
    if (member.standing === standing) return standing;
    member.standing?.members.delete(member);
    member.standing = standing;
    standing.members.add(member);
    return standing;
  }

  leave(member: Member): void {
    member.standing?.members.delete(member);
    member.standing = null;
  }

  /**
   * Hosts in the groups in which they stood elsewhere. Whoever was told of a group goes on with the object that he has:
   * it is the group here from now on.
   */
  takeOver(hosts: Iterable<{ readonly member: Member; readonly group: Group }>): void {
    const taken = new Set<Group>();
    for (const { member, group: known } of hosts) {
      const { group } = this.settle(member);
      if (group === known) continue;
      if (taken.has(group) || taken.has(known)) throw new Error('Hosts of one group stand in two');
      taken.add(Object.assign(known, group));
      for (const standing of known.standings) standing.group = known;
      this.#groups.set(known.key, known);
    }
  }

  /** The addresses of a host in order, each with its local. */
  addressesOf(member: Member): { readonly known: KnownAddress; readonly local: Local }[] {
    const sorted = [...new Set(member.claimed)].map((known) => ({ known, local: this.#localAt(member, known) }));
    if (sorted.length > 1) sorted.sort((a, b) => compareKnown(a.known, b.known));
    return sorted;
  }

  /** After locals got other rules: the standings that are in another group now, with the one they were in. */
  regroup(locals: readonly Local[]): { readonly standing: Standing; readonly before: Group }[] {
    const standings = new Set(locals.flatMap((local) => [...local.standings]));
    return [...standings].flatMap((standing) => {
      const before = standing.group;
      const group = this.#groupOf(standing);
      if (group === before) return [];
      before.standings.delete(standing);
      group.standings.add(standing);
      standing.group = group;
      return [{ standing, before }];
    });
  }

  /** Forgets standings without members; answers the groups without standings among those given and theirs. */
  drop(standings: Iterable<Standing>, groups: Iterable<Group>): Group[] {
    const left = new Set(groups);
    for (const standing of standings) {
      if (standing.members.size > 0 || this.#standings.get(standing.key) !== standing) continue;
      this.#standings.delete(standing.key);
      standing.group.standings.delete(standing);
      for (const local of standing.locals) local.standings.delete(standing);
      this.#parts.kinds.drop(standing.locals);
      left.add(standing.group);
    }
    const empty = [...left].filter((group) => group.standings.size === 0);
    for (const group of empty) this.#groups.delete(group.key);
    return empty;
  }

  #standingOf(member: Member): Standing {
    const modes = this.#parts.modesOf(member);
    const elsewhere = this.#parts.kinds.localOf(member.labelSet.atom, this.#parts.places.nowhere);
    const own = new Set<Local>();
    for (const known of member.claimed) {
      if (known.place !== elsewhere.place || isDisputed(member, known)) own.add(this.#localAt(member, known));
    }
    const spots = own.size === 0 ? [] : [...own].map(({ atom, place }) => `|${atom.id}.${place.id}`).sort();
    const key = `${elsewhere.atom.id}|${member.networks.join(' ')}|${modeText(modes)}${spots.join('')}`;
    const known = this.#standings.get(key);
    if (known !== undefined) return known;
    const seed = { key, locals: [...own, elsewhere], networks: member.networks, modes, members: new Set<Member>() };
    const group = this.#groupOf(seed);
    const standing: Standing = { ...seed, group };
    this.#standings.set(key, standing);
    group.standings.add(standing);
    for (const local of standing.locals) local.standings.add(standing);
    return standing;
  }

  #groupOf({ locals, networks, modes }: Pick<Standing, 'locals' | 'networks' | 'modes'>): Group {
    const kinds = [...new Set(locals.map(({ kind }) => kind))].sort((a, b) => a.id - b.id);
    const key = `${kinds.map(({ id }: Kind) => id).join(',')}|${modeText(modes)}|${networks.join(' ')}`;
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const group = { key, kinds, networks, modes, standings: new Set<Standing>() };
    this.#groups.set(key, group);
    return group;
  }

  #localAt(member: Member, known: KnownAddress): Local {
    const { kinds, segments } = this.#parts;
    return kinds.localOf(isDisputed(member, known) ? segments.nobody : member.labelSet.atom, known.place);
  }
}

/** SPEC D2: somebody else claims the address in a network in which the member claims it. */
function isDisputed(member: Member, { claims }: KnownAddress): boolean {
  if (claims.length < 2) return false;
  const networks = claims.filter((claim) => claim.member === member).map(({ network }) => network);
  return claims.some((claim) => claim.member !== member && networks.includes(claim.network));
}

function compareKnown(a: KnownAddress, b: KnownAddress): number {
  return a.family - b.family || (a.bits < b.bits ? -1 : a.bits > b.bits ? 1 : 0);
}

function modeText(modes: Readonly<Record<Direction, ModeName>>): string {
  return `${modes.inbound} ${modes.outbound}`;
}
