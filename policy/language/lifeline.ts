import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Document, LifelineDocument } from '@bulkhead/model/documents.ts';
import { type Intervals, intervals, subtractIntervals } from '@bulkhead/net/intervals.ts';
import { formatPrefix, type Prefix } from '@bulkhead/net/prefix.ts';
import { allServices, parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import { addressSet } from './address-set.ts';
import type { Term } from './terms.ts';

/** A built-in rule: always allow, always in the first tier. */
export type LifelineRule = {
  readonly id: string;
  readonly at: 'both' | 'source' | 'destination';
  readonly from: Term;
  readonly to: Term;
  readonly services: Intervals;
};

export const lifelineRuleset = 'lifeline';

const any: Term = { kind: 'any' };
const everyWorkload: Term = { kind: 'workloads', requirements: [] };

/** SPEC L1-L4. */
export function lifelineRules(documents: readonly Document[]): LifelineRule[] {
  const declared = documents.filter((document) => document.kind === 'Lifeline');
  return [...builtIn, ...declared.sort((a, b) => compareBytes(a.name, b.name)).flatMap(declaredRules)];
}

const discovery = [...Array.from({ length: 8 }, (_, i) => `icmpv6/${130 + i}`), 'icmpv6/143'];
/** Every service that a policy can deny: without neighbour discovery (SPEC L1). */
export const deniableServices = (): Intervals => subtractIntervals([allServices], services(discovery));

const builtIn: readonly LifelineRule[] = builtInRules();

function builtInRules(): LifelineRule[] {
  const rule = (name: string, at: LifelineRule['at'], texts: readonly string[]): LifelineRule => {
    return { id: `${lifelineRuleset}/${name}`, at, from: any, to: any, services: services(texts) };
  };
  return [
    rule('neighbour-discovery', 'both', discovery),
    rule('dhcp', 'source', ['udp/67', 'udp/547']),
    rule('dhcp', 'destination', ['udp/68', 'udp/546']),
  ];
}

function declaredRules(document: LifelineDocument): LifelineRule[] {
  const rules: LifelineRule[] = [];
  for (const { prefix, service } of document.controllers) {
    rules.push(...reach({ document, what: 'controller', prefixes: [prefix], services: intervals([service]) }));
  }
  rules.push(...reach({ document, what: 'dns', prefixes: document.dns, services: services(['udp/53', 'tcp/53']) }));
  rules.push(...reach({ document, what: 'time', prefixes: document.time, services: services(['udp/123']) }));
  if (document.ssh.length === 0) return rules;
  const admins = addresses(document, 'ssh', document.ssh);
  const ssh = { id: ruleId(document, 'ssh'), services: services(['tcp/22']) };
  rules.push({ ...ssh, at: 'destination', from: admins, to: any });
  rules.push({ ...ssh, at: 'source', from: admins, to: everyWorkload });
  return rules;
}

/**
 * Two halves: the source may be at an address that the estate does not know yet, the destination's host lets in
 * known workloads only.
 */
function reach({ document, what, prefixes, services }: Reach): LifelineRule[] {
  if (prefixes.length === 0) return [];
  const rule = { id: ruleId(document, what), to: addresses(document, what, prefixes), services };
  return [
    { ...rule, at: 'source', from: any },
    { ...rule, at: 'destination', from: everyWorkload },
  ];
}

type Reach = {
  readonly document: LifelineDocument;
  readonly what: string;
  readonly prefixes: readonly Prefix[];
  readonly services: Intervals;
};

function addresses(document: LifelineDocument, what: string, prefixes: readonly Prefix[]): Term {
  const set = addressSet(prefixes, []);
  // The prefixes are part of the name because one document may list several controllers.
  return { kind: 'addresses', name: `${document.name} ${what} ${prefixes.map(formatPrefix).join(' ')}`, set };
}

const ruleId = (document: LifelineDocument, what: string): string => `${lifelineRuleset}/${document.name}-${what}`;

function services(texts: readonly string[]): Intervals {
  return intervals(texts.flatMap((text) => known(text)));
}

function known(text: string): ServiceRange[] {
  const range = parseServiceRange(text);
  if (range === null) throw new Error(`Not a service: ${text}`);
  return [range];
}
