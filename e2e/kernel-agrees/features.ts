import type { Document, End } from '@bulkhead/model/documents.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { addressFamily } from '@bulkhead/net/address.ts';
import { prefixContains } from '@bulkhead/net/prefix.ts';
import type { Stand } from './kernel-cases.ts';
import type { ExpectedEnd } from './probes.ts';

/** What a run must have looked at, and the least share of packets that must have been about it. */
export const leastShares = {
  forward: 0.2,
  DNAT: 0.05,
  SNAT: 0.02,
  'both ends': 0.1,
  IPv6: 0.1,
  'mixed modes': 0.1,
  'several addresses': 0.1,
  'prefix deny, workload allow': 0.005,
  ranges: 0.02,
} as const;
export type Feature = keyof typeof leastShares;
export const features = Object.keys(leastShares) as Feature[];

export type Known = {
  readonly documents: readonly Document[];
  readonly rulesets: readonly HostRuleset[];
  readonly stands: readonly Stand[];
};

export function featuresOf(known: Known, ends: readonly ExpectedEnd[], given: readonly Feature[]): Set<Feature> {
  const out = new Set<Feature>(given);
  if (ends.some(({ local }) => addressFamily(local) === 6)) out.add('IPv6');
  if (
    new Set(ends.map(({ place }) => known.rulesets[place]).map((one) => one && modeOf(one))).size > 1 ||
    ends.some(isTried)
  )
    out.add('mixed modes');
  if (ends.some(({ place }) => (known.stands[place]?.workload.addresses.length ?? 0) > 1)) out.add('several addresses');
  if (ends.some((end) => isDeniedAround(known, end))) out.add('prefix deny, workload allow');
  if (ends.some((end) => isInRange(known, end))) out.add('ranges');
  return out;
}

/** What becomes of a connection that no rule speaks of says which mode a ruleset is in. */
function modeOf({ content }: HostRuleset): string {
  const rest = content.ends.at(-1);
  const misses = rest === undefined ? [] : [rest.inbound.miss, rest.outbound.miss];
  return misses
    .map((miss) => content.decisions[miss])
    .map((d) => `${d?.effective.verdict} ${d?.intended.verdict}`)
    .join();
}

const isTried = ({ expected }: ExpectedEnd): boolean => expected.effective.verdict !== expected.intended.verdict;

/** A rule allows what a rule about a network around the peer denies. */
function isDeniedAround({ documents }: Known, { expected, peer, direction }: ExpectedEnd): boolean {
  if (expected.intended.verdict !== 'allow' || expected.intended.rule === null) return false;
  const around = new Set(
    documents.flatMap((document) =>
      document.kind === 'IpList' && document.prefixes.some((prefix) => prefixContains(prefix, peer))
        ? [document.name]
        : [],
    ),
  );
  const names = (end: End) =>
    (end.kind === 'ipList' && around.has(end.name)) || (end.kind === 'prefix' && prefixContains(end.prefix, peer));
  return documents.some(
    (document) =>
      document.kind === 'Ruleset' &&
      document.rules.some(
        ({ verdict, from, to }) => verdict === 'deny' && (direction === 'inbound' ? from : to).some(names),
      ),
  );
}

/** Some rule's service is a range of ports around this one. */
function isInRange({ rulesets }: Known, { place, service }: ExpectedEnd): boolean {
  const around = rulesets[place]?.content.classes.flatMap((one) => one.services) ?? [];
  return around.some(({ first, last }) => first < service && service < last && last >>> 16 === service >>> 16);
}
