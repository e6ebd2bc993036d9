import type { Outcome } from '@bulkhead/model/decision.ts';
import type { DirectionTable, HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';

/** Small host rulesets that together use every part of the format; golden files and kernel tests are made from them. */
const address = (text: string): Address => given(parseAddress(text), text);
const prefix = (text: string): Prefix => given(parsePrefix(text), text);
const service = (text: string): ServiceRange => given(parseServiceRange(text), text);

function given<T>(value: T | null, text: string): T {
  if (value === null) throw new Error(`Bad sample: ${text}`);
  return value;
}

const allow = (rule: string): Outcome => ({ verdict: 'allow', rule, tier: 'application' });
const nothing = (verdict: 'allow' | 'deny'): Outcome => ({ verdict, rule: null, tier: null });
const cells = (...rows: readonly (readonly [identity: number, service: number, decision: number])[]) =>
  rows.map(([identity, id, decision]) => ({ identity, class: id, decision }));

export function sampleRuleset(content: HostRulesetContent, numbers: Partial<HostRuleset> = {}): HostRuleset {
  const ruleset = { format: 1, workload: 'db-1', generation: 12, revision: 3, version: 5 } as const;
  return { ...ruleset, content, hash: contentHash(content), ...numbers };
}

const open: DirectionTable = { cells: [], miss: 3 };

const enforced: HostRulesetContent = {
  identities: [
    { id: 1, name: 'role=web,app=shop' },
    { id: 2, name: 'role=api,app=shop' },
    { id: 3, name: 'office' },
  ],
  addresses: [
    { address: address('10.0.0.1'), identity: 1 },
    { address: address('10.0.0.2'), identity: 2 },
    { address: address('fd00::1'), identity: 1 },
    { address: address('fd00::2'), identity: 2 },
  ],
  prefixes: [
    { prefix: prefix('192.0.2.0/24'), identity: 3 },
    { prefix: prefix('198.51.100.7'), identity: 3 },
    { prefix: prefix('fd01::/64'), identity: 3 },
  ],
  classes: [
    { id: 1, services: [service('tcp/5432')] },
    { id: 2, services: [service('tcp/8000-8100'), service('udp/53')] },
    { id: 3, services: [service('icmp/8'), service('icmpv6/128')] },
    { id: 4, services: [service('icmpv6/133'), service('icmpv6/135'), service('icmpv6/136')] },
    { id: 5, services: [service('proto/47'), service('proto/50')] },
  ],
  decisions: [
    { number: 0, effective: nothing('deny'), intended: nothing('deny') },
    { number: 1, effective: allow('shop/api-to-db'), intended: allow('shop/api-to-db') },
    { number: 2, effective: allow('shop/all-clients'), intended: allow('shop/all-clients') },
    { number: 3, effective: nothing('allow'), intended: nothing('deny') },
    {
      number: 4,
      effective: { verdict: 'deny', rule: 'guard/no-web', tier: 'guardrail' },
      intended: { verdict: 'deny', rule: 'guard/no-web', tier: 'guardrail' },
    },
  ],
  ends: [
    {
      addresses: [],
      inbound: { cells: cells([2, 1, 1], [3, 2, 2], [0, 3, 2], [0, 4, 2], [1, 3, 4], [2, 5, 2]), miss: 0 },
      outbound: { cells: cells([0, 3, 2], [1, 2, 4]), miss: 3 },
    },
  ],
};

const twoEnds: HostRulesetContent = {
  ...enforced,
  ends: [
    {
      addresses: [address('10.0.9.9'), address('fd00::99')],
      inbound: { cells: cells([1, 2, 2]), miss: 0 },
      outbound: open,
    },
    { addresses: [], inbound: open, outbound: { cells: cells([2, 1, 1]), miss: 0 } },
  ],
};

/** Two names of which one is looked at behind the other, for addresses that anybody may be at. */
const names: HostRulesetContent = {
  ...enforced,
  names: [
    { id: 1, name: '*.vendor.example' },
    { id: 2, name: 'api.example.org' },
  ],
  decisions: [
    {
      number: 0,
      effective: nothing('deny'),
      intended: nothing('deny'),
      named: [
        { name: 1, decision: 3 },
        { name: 2, decision: 2 },
      ],
    },
    { number: 1, effective: allow('shop/api'), intended: allow('shop/api') },
    { number: 2, effective: allow('shop/api'), intended: allow('shop/api') },
    {
      number: 3,
      effective: nothing('deny'),
      intended: allow('trial/vendor'),
      named: [{ name: 2, decision: 4 }],
    },
    { number: 4, effective: allow('shop/api'), intended: allow('trial/vendor') },
  ],
  ends: [
    {
      addresses: [],
      inbound: { cells: [], miss: 0 },
      outbound: { cells: cells([0, 2, 1]), miss: 0 },
    },
  ],
};

const everyService: HostRulesetContent = {
  identities: [{ id: 0xfffff, name: 'everyone' }],
  addresses: [],
  prefixes: [
    { prefix: prefix('0.0.0.0/0'), identity: 0xfffff },
    { prefix: prefix('::/0'), identity: 0xfffff },
  ],
  classes: [{ id: 0xfff, services: [service('all')] }],
  decisions: [enforced.decisions[0], enforced.decisions[1]].filter((d) => d !== undefined),
  ends: [
    {
      addresses: [],
      inbound: { cells: cells([0xfffff, 0xfff, 1]), miss: 0 },
      outbound: { cells: cells([0xfffff, 0xfff, 1]), miss: 0 },
    },
  ],
};

const empty: HostRulesetContent = {
  identities: [],
  addresses: [],
  prefixes: [],
  classes: [],
  decisions: [{ number: 0, effective: nothing('allow'), intended: nothing('deny') }],
  ends: [{ addresses: [], inbound: { cells: [], miss: 0 }, outbound: { cells: [], miss: 0 } }],
};

const hostile = '"; flush ruleset; }\n\\" $HOME `id` @x # é 日本\u2028\u0000'.repeat(8);
const hostileNames: HostRulesetContent = {
  ...enforced,
  identities: [1, 2, 3].map((id) => ({ id, name: hostile })),
  decisions: enforced.decisions.map((d) => ({
    ...d,
    effective: { ...d.effective, rule: hostile, tier: hostile },
    intended: { ...d.intended, rule: hostile, tier: hostile },
  })),
};

export const sampleContents = {
  empty,
  enforced,
  'every-service': everyService,
  'hostile-names': hostileNames,
  names,
  'two-ends': twoEnds,
};
/** Two guests of the host that `enforced` is for: one with one end, one with two. */
export const sampleGuests: readonly HostRulesetContent[] = [
  { ...enforced, local: [address('10.88.0.2'), address('fd88::2')] },
  { ...twoEnds, local: [address('10.0.9.9'), address('10.88.0.3'), address('fd00::99')] },
];
export const sampleAddress = address;
