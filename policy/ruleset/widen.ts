import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Decision } from '@bulkhead/model/decision.ts';
import {
  classLimit,
  type HostEnd,
  type HostRulesetContent,
  identityLimit,
  nameLimit,
} from '@bulkhead/model/host-ruleset.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { rangeToPrefixes } from '@bulkhead/net/prefix.ts';
import { refusal } from '../problems.ts';
import { namedDecisions, together } from './named-decision.ts';
import { type Both, type Refinement, readTable, refine } from './refine.ts';
import { type EncodedTables, encodeTables, type Matrix } from './tables.ts';

type Numbered = { readonly pairs: readonly Both[]; readonly numberOf: (pair: Both) => number };

/**
 * The step between two contents in which nothing that either allows is denied (SPEC K6). The intended verdict is that of
 * `after`. Problem: `too-many-identities`, `too-many-classes` or `too-many-names`, when laying both over each other crosses a limit.
 */
export function widenContent(before: HostRulesetContent, after: HostRulesetContent): HostRulesetContent | Problem {
  const { addresses, regions, services, ends } = refine(before, after);
  const identities = numberPairs([...addresses, ...regions], (pair) => identityName(before, after, pair));
  const classes = numberPairs(services, () => '');
  if (identities.pairs.length - 1 > identityLimit)
    return tooMany('identities', identities.pairs.length - 1, identityLimit);
  if (classes.pairs.length - 1 > classLimit) return tooMany('classes', classes.pairs.length - 1, classLimit);
  const [had, has] = [namedDecisions(before), namedDecisions(after)];
  const matrices = ends.flatMap((end) =>
    (['inbound', 'outbound'] as const).map((direction): Matrix => {
      const was = readTable(had, end.before[direction]);
      const is = readTable(has, end.after[direction]);
      const widened = (peer: Both, service: Both) =>
        together(was(peer.before, service.before), is(peer.after, service.after), widerDecision);
      return identities.pairs.map((peer) => classes.pairs.map((service) => widened(peer, service)));
    }),
  );
  const { names, decisions, tables } = encodeTables(matrices);
  if (names.length > nameLimit) return tooMany('names', names.length, nameLimit);
  const servicesOf = Map.groupBy(services, (service) => classes.numberOf(service));
  return {
    identities: identities.pairs.slice(1).map((pair, i) => ({ id: i + 1, name: identityName(before, after, pair) })),
    addresses: addresses.map((peer) => ({ address: peer.address, identity: identities.numberOf(peer) })),
    prefixes: regions
      .filter((region) => identities.numberOf(region) > 0)
      .flatMap((region) =>
        rangeToPrefixes(region).map((prefix) => ({ prefix, identity: identities.numberOf(region) })),
      ),
    classes: classes.pairs.slice(1).map((pair, index) => ({
      id: index + 1,
      services: (servicesOf.get(classes.numberOf(pair)) ?? []).map(({ first, last }) => ({ first, last })),
    })),
    ...(names.length === 0 ? {} : { names }),
    decisions,
    ...judgedByBoth(before, after, endsOf(ends, tables)),
  };
}

function endsOf(ends: Refinement['ends'], tables: EncodedTables['tables']): readonly HostEnd[] {
  return ends.map(({ addresses }, index) => {
    const [inbound, outbound] = tables.slice(2 * index, 2 * index + 2);
    if (inbound === undefined || outbound === undefined) throw new Error('There are two tables per end');
    return { addresses, inbound, outbound };
  });
}

/** Of a guest: what either does not judge it allows, so the step between judges what both do. */
function judgedByBoth(before: HostRulesetContent, after: HostRulesetContent, ends: readonly HostEnd[]) {
  if (after.local === undefined) return { ends };
  const was = before.local === undefined ? null : new Set(before.local);
  const local = after.local.filter((address) => was === null || was.has(address));
  const left = ends.map((end) => ({ ...end, addresses: end.addresses.filter((address) => local.includes(address)) }));
  return { ends: left.filter(({ addresses }, index) => addresses.length > 0 || index === ends.length - 1), local };
}

function widerDecision(was: Decision, is: Decision): Decision {
  const reopened = is.effective.verdict === 'deny' && was.effective.verdict === 'allow';
  return { effective: reopened ? was.effective : is.effective, intended: is.intended };
}

/** The pair of two zeros is 0; the others follow by name, then by their numbers. */
function numberPairs(list: readonly Both[], nameOf: (pair: Both) => string): Numbered {
  const key = ({ before, after }: Both) => `${before} ${after}`;
  const found = new Map(list.map((pair) => [key(pair), { pair, name: nameOf(pair) }]));
  found.delete('0 0');
  const named = [...found.values()].sort(
    (a, b) => compareBytes(a.name, b.name) || a.pair.before - b.pair.before || a.pair.after - b.pair.after,
  );
  const pairs = [{ before: 0, after: 0 }, ...named.map(({ pair }) => pair)];
  const numbers = new Map(pairs.map((pair, index) => [key(pair), index]));
  return { pairs, numberOf: (pair) => numbers.get(key(pair)) ?? 0 };
}

function identityName(before: HostRulesetContent, after: HostRulesetContent, pair: Both): string {
  const was = before.identities.find(({ id }) => id === pair.before)?.name ?? 'unnamed';
  const is = after.identities.find(({ id }) => id === pair.after)?.name ?? 'unnamed';
  return was === is ? is : `${was}, then ${is}`;
}

function tooMany(what: 'identities' | 'classes' | 'names', count: number, limit: number): Problem {
  const message = `Cannot widen a host ruleset: both sides together need ${count} ${what}, at most ${limit} are possible`;
  return refusal({ code: `too-many-${what}`, message, place: null });
}
