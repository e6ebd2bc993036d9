import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import fc from 'fast-check';
import type { Outcome } from './decision.ts';
import type { HostRuleset, HostRulesetContent } from './host-ruleset.ts';
import { contentHash, decodeHostRuleset, encodeHostRuleset, hostRulesetTextLimit } from './host-ruleset-text.ts';

const allow: Outcome = { verdict: 'allow', rule: 'shop/web-to-api', tier: 'application' };
const deny: Outcome = { verdict: 'deny', rule: null, tier: null };

const address = (text: string): Address => parseAddress(text) ?? assert.fail(text);
const prefix = (text: string): Prefix => parsePrefix(text) ?? assert.fail(text);

const content: HostRulesetContent = {
  identities: [
    { id: 1, name: 'role=web' },
    { id: 2, name: 'partners' },
  ],
  addresses: [
    { address: address('10.0.0.9'), identity: 1 },
    { address: address('10.0.0.10'), identity: 1 },
    { address: address('fd00::1'), identity: 1 },
  ],
  prefixes: [
    { prefix: prefix('192.0.2.0/25'), identity: 2 },
    { prefix: prefix('192.0.2.128/25'), identity: 1 },
  ],
  classes: [
    { id: 1, services: [{ first: 0x061f90, last: 0x061f90 }] },
    { id: 2, services: [{ first: 0x060050, last: 0x060051 }] },
  ],
  decisions: [
    { number: 0, effective: deny, intended: deny },
    { number: 1, effective: allow, intended: deny },
  ],
  ends: [
    {
      addresses: [address('10.0.0.1')],
      inbound: { cells: [{ identity: 1, class: 1, decision: 1 }], miss: 0 },
      outbound: { cells: [], miss: 1 },
    },
    {
      addresses: [],
      inbound: { cells: [], miss: 0 },
      outbound: { cells: [{ identity: 0, class: 0, decision: 1 }], miss: 0 },
    },
  ],
};

function rulesetOf(inside: HostRulesetContent): HostRuleset {
  return {
    format: 1,
    workload: 'api-1',
    content: inside,
    generation: 7,
    revision: 3,
    hash: contentHash(inside),
    version: 12,
  };
}

function codeOf(text: string): string {
  const decoded = decodeHostRuleset(text);
  return decoded.kind === 'ok' ? 'ok' : decoded.problem.code;
}

test('a ruleset comes back as it was', () => {
  const decoded = decodeHostRuleset(encodeHostRuleset(rulesetOf(content)));
  assert.deepEqual(decoded, { kind: 'ok', ruleset: rulesetOf(content) });
});

test('the ruleset of a guest comes back with the addresses it is for', () => {
  for (const local of [[], [address('10.0.0.1')], [address('10.0.0.1'), address('10.0.0.2'), address('fd00::2')]]) {
    const ends = local.length === 0 ? content.ends.slice(1) : content.ends;
    const guest = rulesetOf({ ...content, ends, local });
    assert.deepEqual(decodeHostRuleset(encodeHostRuleset(guest)), { kind: 'ok', ruleset: guest });
  }
});

test('what a host enforces for itself has the hash that it had before there were guests', () => {
  const known = '9996a18f3b43cd3ea315171096af8ff4edaeff72dc53548c9fcebe101f9fe13e';
  assert.equal(contentHash(content), known);
  assert(!encodeHostRuleset(rulesetOf(content)).includes('"local"'));
});

test('the hash is of the content alone and does not depend on the order of keys', () => {
  assert.match(contentHash(content), /^[0-9a-f]{64}$/);
  const reordered = JSON.parse(encodeHostRuleset(rulesetOf(content)));
  const text = JSON.stringify(Object.fromEntries(Object.entries(reordered).reverse()));
  assert.equal(codeOf(text), 'ok');
  const { ends, ...rest } = content;
  assert.equal(contentHash({ ends, ...rest }), contentHash(content));
  assert.notEqual(contentHash({ ...content, prefixes: [] }), contentHash(content));
});

const [known, rest] = content.ends as readonly [HostRulesetContent['ends'][number], HostRulesetContent['ends'][number]];
const differing: readonly (readonly [what: string, changed: HostRulesetContent])[] = [
  ['an identity', { ...content, identities: content.identities.map((one) => ({ ...one, name: `${one.name}2` })) }],
  [
    'the number of an identity',
    { ...content, identities: content.identities.map((one) => ({ ...one, id: one.id + 5 })) },
  ],
  ['an address', { ...content, addresses: content.addresses.slice(1) }],
  ['that it is for some addresses', { ...content, local: [address('10.0.0.1')] }],
  ['that it is for no address', { ...content, local: [] }],
  ['whose an address is', { ...content, addresses: content.addresses.map((one) => ({ ...one, identity: 2 })) }],
  ['a prefix', { ...content, prefixes: content.prefixes.slice(1) }],
  ['a service', { ...content, classes: content.classes.map((one) => ({ ...one, services: [{ first: 1, last: 2 }] })) }],
  ['a verdict', { ...content, decisions: content.decisions.map((one) => ({ ...one, effective: allow })) }],
  ['what is intended', { ...content, decisions: content.decisions.map((one) => ({ ...one, intended: allow })) }],
  ['an end', { ...content, ends: [rest] }],
  ['an address of an end', { ...content, ends: [{ ...known, addresses: [address('10.0.0.3')] }, rest] }],
  ['what comes in', { ...content, ends: [{ ...known, inbound: { ...known.inbound, miss: 1 } }, rest] }],
  ['a cell of what comes in', { ...content, ends: [{ ...known, inbound: { ...known.inbound, cells: [] } }, rest] }],
  ['what goes out', { ...content, ends: [{ ...known, outbound: { ...known.outbound, miss: 0 } }, rest] }],
  ['a cell of what goes out', { ...content, ends: [known, { ...rest, outbound: { ...rest.outbound, cells: [] } }] }],
];
for (const [what, changed] of differing)
  test(`the hash tells ${what}`, () => assert.notEqual(contentHash(changed), contentHash(content)));

test('a content that was changed on the way is refused', () => {
  const text = encodeHostRuleset(rulesetOf(content));
  assert.equal(codeOf(text.replace('role=web', 'role=wob')), 'ruleset-hash');
  assert.equal(codeOf(text.replace('"decision":1', '"decision":0')), 'ruleset-hash');
});

type Change = readonly [string, Partial<HostRulesetContent>];
const [first, last] = [content.ends[0], content.ends[1]];
assert(first !== undefined && last !== undefined);

const broken: readonly Change[] = [
  ['identity 1 is declared twice', { identities: [...content.identities, { id: 1, name: 'again' }] }],
  ['service class 1 is declared twice', { classes: [...content.classes, { id: 1, services: [] }] }],
  ['decision 1 stands at position 0', { decisions: [...content.decisions].reverse() }],
  ['must stand after', { addresses: [...content.addresses].reverse() }],
  ['must stand after', { addresses: [...content.addresses, ...content.addresses.slice(2)] }],
  [
    '192.0.2.0/24 and 192.0.2.128/25 overlap',
    { prefixes: [...content.prefixes.slice(1), { prefix: prefix('192.0.2.0/24'), identity: 2 }] },
  ],
  [
    'overlap',
    {
      prefixes: [
        { prefix: prefix('::/0'), identity: 1 },
        { prefix: prefix('fd00::/8'), identity: 2 },
      ],
    },
  ],
  [
    'classes 3 and 1 overlap',
    { classes: [...content.classes, { id: 3, services: [{ first: 0x061000, last: 0x062000 }] }] },
  ],
  ['address fd00::2 has identity 9', { addresses: [{ address: address('fd00::2'), identity: 9 }] }],
  ['prefix 10.0.0.0/8 has identity 9', { prefixes: [{ prefix: prefix('10.0.0.0/8'), identity: 9 }] }],
  ['the last end', { ends: [] }],
  ['the last end', { ends: [first] }],
  ['end 0 has no addresses', { ends: [last, { ...last }] }],
  ['local address 10.0.0.1', { ends: [first, { ...first }, last] }],
  ['end address 10.0.0.1 is none of the local addresses', { local: [] }],
  ['local address 10.0.0.1 must stand after 10.0.0.1 and once', { local: [address('10.0.0.1'), address('10.0.0.1')] }],
  ['local address 10.0.0.1 must stand after fd00::1', { local: [address('fd00::1'), address('10.0.0.1')] }],
  ['miss is decision 2', { ends: [{ ...last, inbound: { cells: [], miss: 2 } }] }],
  [
    'a cell has identity 3',
    { ends: [{ ...last, inbound: { cells: [{ identity: 3, class: 0, decision: 0 }], miss: 0 } }] },
  ],
  [
    'a cell has class 3',
    { ends: [{ ...last, inbound: { cells: [{ identity: 0, class: 3, decision: 0 }], miss: 0 } }] },
  ],
  [
    'a cell has decision 2',
    { ends: [{ ...last, outbound: { cells: [{ identity: 0, class: 0, decision: 2 }], miss: 0 } }] },
  ],
  [
    'stands twice',
    {
      ends: [{ ...last, inbound: { cells: [1, 0].map((decision) => ({ identity: 1, class: 1, decision })), miss: 0 } }],
    },
  ],
];

test('a broken invariant is refused, whatever the hash says', () => {
  for (const [why, change] of broken) {
    const decoded = decodeHostRuleset(encodeHostRuleset(rulesetOf({ ...content, ...change })));
    assert(decoded.kind === 'problem', why);
    assert.equal(decoded.problem.code, 'ruleset-invariant', why);
    assert(decoded.problem.message.includes(why), decoded.problem.message);
  }
});

/** Text to replace in the JSON, and what to put there. */
const misshapen: readonly (readonly [string, string])[] = [
  ['"format":1', '"format":2'],
  ['"workload":"api-1"', '"workload":""'],
  ['"generation":7', '"generation":-1'],
  ['"generation":7', '"generation":1e300'],
  ['"generation":7', '"generation":"7"'],
  ['"revision":3', '"revision":0'],
  ['"revision":3', '"revision":65536'],
  ['"version":12', '"version":1.5'],
  ['"version":12', '"version":12,"more":1'],
  [',"version":12', ''],
  ['"content":{', '"content":{"local":null,'],
  ['"content":{', '"content":{"local":["10.0.0.01"],'],
  ['"content":{', '"content":{"lokal":[],'],
  ['"id":1,', '"id":0,'],
  ['"id":1,', '"id":1048576,'],
  ['"10.0.0.9"', '"10.0.0.09"'],
  ['"fd00::1"', '"FD00::1"'],
  ['192.0.2.0/25', '192.0.2.1/25'],
  ['"identity":1', '"identity":null'],
  ['"verdict":"deny"', '"verdict":"pass"'],
  ['"rule":null', '"rule":""'],
  ['shop/web-to-api', 'shop/web\\"; drop'],
  ['shop/web-to-api', 'x'.repeat(101)],
  ['shop/web-to-api', 'é'.repeat(51)],
  ['"tier":null', '"tier":5'],
  ['[401296,401296]', '[401296]'],
  ['[401296,401296]', '[401297,401296]'],
  ['[401296,401296]', '[0,16777216]'],
  ['"cells":[]', '"cells":{}'],
  ['"miss":0', '"miss":"0"'],
];

test('a wrong shape is refused with the path of what is wrong', () => {
  const text = encodeHostRuleset(rulesetOf(content));
  for (const [from, to] of misshapen) {
    assert(text.includes(from), from);
    assert.equal(codeOf(text.replace(from, to)), 'ruleset-shape', `${from} -> ${to}`);
  }
});

test('what is not JSON, cut off or too large is refused', () => {
  const text = encodeHostRuleset(rulesetOf(content));
  for (const bad of ['', 'null', '[]', '5', '"x"', '{}']) assert.match(codeOf(bad), /^ruleset-(syntax|shape)$/, bad);
  assert.equal(codeOf(text.slice(0, -1)), 'ruleset-syntax');
  assert.equal(codeOf('['.repeat(100_000)), 'ruleset-syntax');
  assert.equal(codeOf(' '.repeat(hostRulesetTextLimit + 1)), 'ruleset-too-large');
});

test('no change of the text makes the decoder throw or accept another ruleset', () => {
  const text = encodeHostRuleset(rulesetOf(content));
  const at = fc.nat(text.length - 1);
  fc.assert(
    fc.property(at, fc.nat(20), fc.string({ maxLength: 3 }), (start, length, insert) => {
      const changed = text.slice(0, start) + insert + text.slice(start + length);
      const decoded = decodeHostRuleset(changed);
      if (decoded.kind === 'ok') assert.deepEqual(decoded.ruleset.content, content);
    }),
  );
});
