import { type Address, addressBits, addressFamily } from '@bulkhead/net/address.ts';
import { formatPrefix, prefixRange } from '@bulkhead/net/prefix.ts';
import type { HostEnd, HostRulesetContent, NumberedDecision, PeerPrefix, ServiceClass } from './host-ruleset.ts';

/**
 * What host-ruleset.ts promises and single fields cannot show. Null when all of it holds, else one sentence.
 * INVARIANT: whatever passes here judges every packet in exactly one way.
 */
export function findBrokenInvariant(content: HostRulesetContent): string | null {
  return (
    duplicate('identity', content.identities) ??
    duplicate('service class', content.classes) ??
    duplicate('domain name', content.names ?? []) ??
    repeatedName(content) ??
    misplacedDecision(content) ??
    wrongNamed(content) ??
    unsorted(
      'address',
      content.addresses.map(({ address }) => address),
    ) ??
    unsorted('local address', content.local ?? []) ??
    strangeEnd(content) ??
    overlappingPrefix(content.prefixes) ??
    overlappingClass(content.classes) ??
    undeclaredIdentity(content) ??
    wrongEnds(content)
  );
}

function duplicate(what: string, items: readonly { readonly id: number }[]): string | null {
  const seen = new Set<number>();
  for (const { id } of items) {
    if (seen.has(id)) return `${what} ${id} is declared twice`;
    seen.add(id);
  }
  return null;
}

function misplacedDecision(content: HostRulesetContent): string | null {
  const index = content.decisions.findIndex((decision, position) => decision.number !== position);
  return index < 0 ? null : `decision ${content.decisions[index]?.number} stands at position ${index}`;
}

function repeatedName({ names = [] }: HostRulesetContent): string | null {
  const seen = new Set<string>();
  for (const { name } of names) {
    if (seen.has(name)) return `domain name ${name} has two numbers`;
    seen.add(name);
  }
  return null;
}

function wrongNamed({ names = [], decisions }: HostRulesetContent): string | null {
  const declared = new Set(names.map(({ id }) => id));
  for (const { number, named = [] } of decisions) {
    for (const { name, decision } of named) {
      if (!declared.has(name)) return `decision ${number} looks at domain name ${name}, which is not declared`;
      if (decision >= decisions.length) return `decision ${number} leads to decision ${decision}, which is not there`;
    }
  }
  return endlessDecision(decisions);
}

/** Every decision that leads to none is done; so is one that leads only to such. Whatever never gets there goes in a circle. */
function endlessDecision(decisions: readonly NumberedDecision[]): string | null {
  const waiting = decisions.map(({ named = [] }) => new Set(named.map(({ decision }) => decision)).size);
  const leadHere = new Map<number, number[]>();
  for (const { number, named = [] } of decisions) {
    for (const decision of new Set(named.map((one) => one.decision))) {
      const from = leadHere.get(decision) ?? [];
      leadHere.set(decision, from);
      from.push(number);
    }
  }
  const done = decisions.filter(({ named = [] }) => named.length === 0).map(({ number }) => number);
  for (const number of done) {
    for (const from of leadHere.get(number) ?? []) {
      waiting[from] = (waiting[from] ?? 0) - 1;
      if (waiting[from] === 0) done.push(from);
    }
  }
  const left = waiting.findIndex((count) => count > 0);
  return left < 0 ? null : `decision ${left} leads back to itself by way of domain names`;
}

function unsorted(what: string, addresses: readonly Address[]): string | null {
  let previous: Address | null = null;
  for (const address of addresses) {
    if (previous !== null && compareAddresses(previous, address) >= 0)
      return `${what} ${address} must stand after ${previous} and once`;
    previous = address;
  }
  return null;
}

/** An end for an address that the ruleset is not for would judge nothing. */
function strangeEnd({ ends, local }: HostRulesetContent): string | null {
  if (local === undefined) return null;
  const known = new Set(local);
  const strange = ends.flatMap(({ addresses }) => addresses).find((address) => !known.has(address));
  return strange === undefined ? null : `end address ${strange} is none of the local addresses`;
}

/** By family, then by bits: the order of `addresses` in a host ruleset. */
export function compareAddresses(a: Address, b: Address): number {
  const families = addressFamily(a) - addressFamily(b);
  if (families !== 0) return families;
  const [x, y] = [addressBits(a), addressBits(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function overlappingPrefix(prefixes: readonly PeerPrefix[]): string | null {
  const sorted = prefixes.map(({ prefix }) => ({ prefix, ...prefixRange(prefix) }));
  sorted.sort((a, b) => a.family - b.family || (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  for (const [index, next] of sorted.entries()) {
    const before = sorted[index - 1];
    if (before !== undefined && before.family === next.family && next.first <= before.last)
      return `prefixes ${formatPrefix(before.prefix)} and ${formatPrefix(next.prefix)} overlap`;
  }
  return null;
}

function overlappingClass(classes: readonly ServiceClass[]): string | null {
  const ranges = classes.flatMap(({ id, services }) => services.map((range) => ({ id, ...range })));
  ranges.sort((a, b) => a.first - b.first);
  for (const [index, next] of ranges.entries()) {
    const before = ranges[index - 1];
    if (before !== undefined && next.first <= before.last)
      return `service classes ${before.id} and ${next.id} overlap at ${next.first}`;
  }
  return null;
}

function undeclaredIdentity(content: HostRulesetContent): string | null {
  const declared = new Set(content.identities.map(({ id }) => id));
  for (const { address, identity } of content.addresses)
    if (!declared.has(identity)) return `address ${address} has identity ${identity}, which is not declared`;
  for (const { prefix, identity } of content.prefixes)
    if (!declared.has(identity))
      return `prefix ${formatPrefix(prefix)} has identity ${identity}, which is not declared`;
  return null;
}

function wrongEnds(content: HostRulesetContent): string | null {
  const last = content.ends.at(-1);
  if (last === undefined || last.addresses.length > 0) return 'the last end must be there and have no addresses';
  const seen = new Set<Address>();
  for (const [position, end] of content.ends.entries()) {
    if (end !== last && end.addresses.length === 0) return `end ${position} has no addresses and is not the last`;
    for (const address of end.addresses) {
      if (seen.has(address)) return `local address ${address} stands in two ends or twice in one`;
      seen.add(address);
    }
    const broken = wrongCells(content, end);
    if (broken !== null) return `end ${position}: ${broken}`;
  }
  return null;
}

function wrongCells(content: HostRulesetContent, end: HostEnd): string | null {
  const identities = new Set([0, ...content.identities.map(({ id }) => id)]);
  const classes = new Set([0, ...content.classes.map(({ id }) => id)]);
  for (const { cells, miss } of [end.inbound, end.outbound]) {
    if (miss >= content.decisions.length) return `miss is decision ${miss}, which is not there`;
    const seen = new Set<number>();
    for (const cell of cells) {
      if (!identities.has(cell.identity)) return `a cell has identity ${cell.identity}, which is not declared`;
      if (!classes.has(cell.class)) return `a cell has class ${cell.class}, which is not declared`;
      if (cell.decision >= content.decisions.length) return `a cell has decision ${cell.decision}, which is not there`;
      const key = cell.identity * 4096 + cell.class;
      if (seen.has(key)) return `the cell of identity ${cell.identity} and class ${cell.class} stands twice`;
      seen.add(key);
    }
  }
  return null;
}
