import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { formatServiceRange } from '@bulkhead/net/service-space.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { randomDocuments } from '@bulkhead/testkit/random-estate.ts';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parseAllDocuments } from 'yaml';
import type { Document, End, Exception, ModeDocument, Rule, ServiceRef, WorkloadDocument } from '../documents.ts';
import { documentKinds, parseDocuments } from '../parse.ts';
import { documentSchemas } from './document-schemas.ts';

const ajv = new Ajv2020({
  allErrors: true,
  strict: true,
  strictRequired: false,
  strictTypes: false,
  validateFormats: false,
});
const validators = new Map(documentKinds.map((kind) => [kind as string, ajv.compile(documentSchemas[kind])]));

type Written = Readonly<Record<string, unknown>>;

/** What is wrong with a document as it is written, under the schema of its kind. */
function wrongUnderSchema(document: Written): string | null {
  const validate = validators.get(String(document.kind)) ?? assert.fail(`there is no schema of ${document.kind}`);
  return validate(document) ? null : ajv.errorsText(validate.errors);
}

const wrongToParser = (document: Written): string[] =>
  parseDocuments([{ file: 'f', text: JSON.stringify(document) }]).problems.map(({ code }) => code);

const good = readFileSync(new URL('../testdata/good.yaml', import.meta.url), 'utf8');
const examples = parseAllDocuments(good).map((document) => document.toJS({ maxAliasCount: -1 }) as Written);

test('the example of every kind is valid', () => {
  assert.deepEqual(new Set(examples.map(({ kind }) => kind)), new Set(documentKinds));
  for (const example of examples) assert.equal(wrongUnderSchema(example), null, JSON.stringify(example));
});

const rule = { name: 'a', allow: 'tcp/1', from: '', to: '' };
const ruleset = (change: object) => ({ kind: 'Ruleset', name: 'r', rules: [{ ...rule, ...change }] });

/** Documents that both take, and that both refuse. */
const cases: readonly (readonly [verdict: 'good' | 'bad', document: Written])[] = [
  ['good', ruleset({})],
  ['good', ruleset({ from: ['', { any: true }, { selector: 'a=b', scope: 'none' }] })],
  ['good', ruleset({ except: [{ services: 'tcp/1' }] })],
  ['good', { kind: 'IpList', name: 'l', prefixes: [] }],
  ['good', { kind: 'Mode', selector: '', inbound: 'test' }],
  ['good', { kind: 'Tiers', order: ['a', { group: 'g', tiers: ['b'] }] }],
  ['good', { kind: 'Lifeline', name: 'l', controllers: '10.0.0.1/32 tcp/1', dns: ['10.0.0.2'] }],
  ['good', { kind: 'Workload', name: 'w', labels: { 'k8s.io/name': '' }, addresses: [{ address: '::1' }] }],
  ['bad', ruleset({ deny: 'tcp/1' })],
  ['bad', ruleset({ allow: undefined })],
  ['bad', ruleset({ allow: [] })],
  ['bad', ruleset({ allow: 443 })],
  ['bad', ruleset({ from: undefined })],
  ['bad', ruleset({ from: [] })],
  ['bad', ruleset({ from: {} })],
  ['bad', ruleset({ from: { any: false } })],
  ['bad', ruleset({ from: { any: true, prefix: '10.0.0.0/8' } })],
  ['bad', ruleset({ from: { prefix: '10.0.0.0/8', scope: 'none' } })],
  ['bad', ruleset({ name: 'a/b' })],
  ['bad', ruleset({ name: '' })],
  ['bad', ruleset({ name: ' a' })],
  ['bad', ruleset({ at: 'nowhere' })],
  ['bad', ruleset({ state: 'on' })],
  ['bad', ruleset({ expires: 'tomorrow' })],
  ['bad', ruleset({ except: [{}] })],
  ['bad', ruleset({ process: 'curl' })],
  ['bad', { kind: 'Ruleset', name: 'r', rules: [], scopes: ['a'], each: ['a'] }],
  ['bad', { kind: 'Ruleset', name: 'r', rules: [], scopes: [] }],
  ['bad', { kind: 'Ruleset', name: 'r' }],
  ['bad', { kind: 'Service', name: 's' }],
  ['bad', { kind: 'IpList', name: 'l' }],
  ['bad', { kind: 'IpList', name: 'l', names: ['*.example'] }],
  ['bad', { kind: 'LabelKey', name: 'k', locked: 'yes' }],
  ['bad', { kind: 'LabelKey', name: 'k y' }],
  ['bad', { kind: 'Mode', selector: '' }],
  ['bad', { kind: 'Mode', selector: '', inbound: 'off' }],
  ['bad', { kind: 'Tiers', order: [{ group: 'g', tiers: [] }] }],
  ['bad', { kind: 'Tiers', order: [{ group: 'g', tiers: [{ group: 'h', tiers: ['b'] }] }] }],
  ['bad', { kind: 'Test', name: 't' }],
  ['bad', { kind: 'Test', name: 't', allow: 'a b tcp/1' }],
  ['bad', { kind: 'Lifeline', name: 'l', controllers: ['10.0.0.1/32'] }],
  ['bad', { kind: 'Workload', name: 'w', labels: { '-': 'x' } }],
  ['bad', { kind: 'Workload', name: 'w', enforcer: 'some' }],
];
for (const [verdict, document] of cases)
  test(`${verdict} to both: ${JSON.stringify(document)}`, () => {
    const [bySchema, byParser] = [wrongUnderSchema(document), wrongToParser(document)];
    assert.deepEqual(
      [bySchema === null, byParser.length === 0],
      [verdict === 'good', verdict === 'good'],
      `${bySchema} ${byParser}`,
    );
  });

test('property: what is generated is valid, and invalid to both with a key that is not known or one that is missing', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    for (const document of randomDocuments(random).map(asWritten)) {
      const said = `seed ${seed} ${JSON.stringify(document)}`;
      assert.deepEqual([wrongUnderSchema(document), wrongToParser(document)], [null, []], said);
      const maps = mapsIn(document);
      const place = random.below(maps.length);
      const strange = JSON.parse(JSON.stringify(document));
      Object.assign(mapsIn(strange)[place] ?? assert.fail(), { 'no key': 'x' });
      assert.notEqual(wrongUnderSchema(strange), null, JSON.stringify(strange));
      assert.notDeepEqual(wrongToParser(strange), [], JSON.stringify(strange));
      const needed = documentSchemas[String(document.kind) as Document['kind']].required ?? [];
      const { [random.pick(needed.filter((key) => key !== 'kind'))]: _gone, ...lacking } = document;
      assert.notEqual(wrongUnderSchema(lacking), null, JSON.stringify(lacking));
      assert.notDeepEqual(wrongToParser(lacking), [], JSON.stringify(lacking));
    }
  }
});

/** The document itself and every map in it. */
function mapsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  const inside = Object.values(value).flatMap(mapsIn);
  return Array.isArray(value) ? inside : [value, ...inside];
}

/** As a person would write it. */
function asWritten(document: Document): Written {
  const { place: _place, ...rest } = document;
  switch (document.kind) {
    case 'Workload':
      return writtenWorkload(document);
    case 'Ruleset': {
      const { name, tier, state, scopes, rules } = document;
      const narrowed =
        scopes.kind === 'each' ? { each: scopes.keys } : someScopes(scopes.selectors.map(({ text }) => text));
      return { kind: 'Ruleset', name, tier, state, ...narrowed, rules: rules.map(writtenRule) };
    }
    case 'Service':
      return { kind: 'Service', name: document.name, ports: document.ranges.map(formatServiceRange) };
    case 'IpList':
      return { ...rest, prefixes: document.prefixes.map(formatPrefix), except: document.except.map(formatPrefix) };
    case 'Mode':
      return writtenMode(document);
    case 'Tiers':
      return {
        kind: 'Tiers',
        order: document.order.map((step) =>
          step.kind === 'tier' ? step.name : { group: step.name, tiers: step.tiers },
        ),
      };
    case 'Lifeline': {
      const { name, dns, time, ssh } = document;
      const controllers = document.controllers.map(
        ({ prefix, service }) => `${formatPrefix(prefix)} ${formatServiceRange(service)}`,
      );
      return {
        kind: 'Lifeline',
        name,
        controllers,
        dns: dns.map(formatPrefix),
        time: time.map(formatPrefix),
        ssh: ssh.map(formatPrefix),
      };
    }
    default:
      return rest;
  }
}

const someScopes = (scopes: readonly string[]) => (scopes.length === 0 ? {} : { scopes });

function writtenWorkload({ name, labels, addresses, enforced }: WorkloadDocument): Written {
  return { kind: 'Workload', name, labels, addresses, ...(!enforced && { enforcer: 'none' }) };
}

function writtenMode({ selector, inbound, outbound }: ModeDocument): Written {
  const either = inbound === null && outbound === null ? { inbound: 'observe' } : {};
  return {
    kind: 'Mode',
    selector: selector.text,
    ...either,
    ...(inbound && { inbound }),
    ...(outbound && { outbound }),
  };
}

function writtenRule({
  place: _place,
  verdict,
  services,
  from,
  to,
  except,
  expires,
  owner,
  reason,
  ...rest
}: Rule): Written {
  return {
    ...rest,
    [verdict]: services.map(writtenService),
    from: from.map(writtenEnd),
    to: to.map(writtenEnd),
    except: except.map(writtenException).filter((one) => Object.keys(one).length > 0),
    ...(expires !== null && { expires: new Date(expires).toISOString() }),
    ...(owner !== null && { owner }),
    ...(reason !== null && { reason }),
  };
}

function writtenException({ from, to, services }: Exception): Written {
  return {
    ...(from && { from: from.map(writtenEnd) }),
    ...(to && { to: to.map(writtenEnd) }),
    ...(services && { services: services.map(writtenService) }),
  };
}

const writtenService = (service: ServiceRef): string => (service.kind === 'range' ? service.text : service.name);

function writtenEnd(end: End): unknown {
  switch (end.kind) {
    case 'any':
      return { any: true };
    case 'ipList':
      return { ipList: end.name };
    case 'prefix':
      return { prefix: formatPrefix(end.prefix) };
    case 'selector':
      return end.scoped ? end.selector.text : { selector: end.selector.text, scope: 'none' };
  }
}
