import type { Document, End, Rule, VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { address, end, place, rule, ruleset, tiers, workload } from '@bulkhead/testkit/documents.ts';
import { exportKubernetes } from './export.ts';

export const cluster = 'kubernetes:cluster=prod';
export const named = 'namespace:kubernetes.io/metadata.name';
export const pods = `${cluster},${named}`;
export const [web, db, api] = [`${pods},role=web`, `${pods},role=db`, `${pods},role=api`];
export const estate: readonly Document[] = [
  workload('shop/web', `${cluster},${named}=shop,namespace:team=red,role=web`, ['10.1.0.1'], {
    ports: { http: ['tcp/8080'] },
  }),
  workload('shop/db', `${cluster},${named}=shop,namespace:team=red,role=db`, ['10.1.0.2']),
  workload('crm/api', `${cluster},${named}=crm,role=api`, ['10.1.0.3']),
  workload('office', 'role=office', ['10.9.0.7']),
];
export const now = 1_000;
export const ask = (documents: readonly Document[], more: Partial<Parameters<typeof exportKubernetes>[1]> = {}) =>
  exportKubernetes(documents, { cluster: 'prod', now, acceptOwnNode: false, ...more });
export const shop = (...rules: readonly Rule[]): Document => ruleset('shop', rules);
export const one = (what: string, ends: Parameters<typeof rule>[2], more: Parameters<typeof rule>[3] = {}): Document =>
  shop(rule('r', what, ends, more));
export const frontend = { network: 'main', address: address('10.96.0.1'), service: (6 << 16) | 80 };
type Ports = VirtualServiceDocument['members']['ports'];
export const virtual = (selector: string, ports: Ports = []): VirtualServiceDocument => ({
  ...{ kind: 'VirtualService', name: 'vip', snat: null, place },
  frontends: [frontend],
  members: { selector: (end(selector) as End & { kind: 'selector' }).selector, ports },
});
export const toVirtual: End = { kind: 'virtualService', name: 'vip', place, identity: null };
export const inTier = (tier: string, ...rules: readonly Rule[]): Document => ruleset(tier, rules, { tier });
/** As in a cluster without policies, what nothing matches is allowed. */
export const open: readonly Document[] = [
  tiers('guardrail', 'admin', 'application', 'baseline', 'last'),
  inTier(
    'last',
    rule('in', 'allow all', ['any', pods], { at: 'destination' }),
    rule('out', 'allow all', [pods, 'any'], { at: 'source' }),
  ),
];
export const inward = (name: string, what: string, ends: readonly [string, string]): Rule =>
  rule(name, what, ends, { at: 'destination' });
/** Code and name of each. */
export const names = (problems: readonly Problem[]): readonly string[] =>
  problems.map(({ code, message }) => [code, /"([^"]*)"/.exec(message)?.[1]].join(' '));
