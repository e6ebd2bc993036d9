import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { Document } from './documents.ts';
import { loadDocuments } from './load.ts';
import { documentKinds, parseDocuments } from './parse.ts';
import { fileCharacterLimit } from './read/limits.ts';

const good = readFileSync(new URL('testdata/good.yaml', import.meta.url), 'utf8');

/** The one document of a text without problems; the place, which other tests look at, is left out. */
function only(text: string): Record<string, unknown> {
  const { documents, problems } = parseDocuments([{ file: 'f', text }]);
  assert.deepEqual(problems, []);
  assert.equal(documents.length, 1);
  const { place: _place, ...rest } = documents[0] as Document;
  return rest;
}

/** Codes with lines, in order. */
function codes(text: string): string[] {
  return parseDocuments([{ file: 'f', text }]).problems.map(({ code, place }) => `${place?.line ?? 0} ${code}`);
}

const shop = (rule: string): string => `kind: Ruleset\nname: shop\nrules:\n  - ${rule}\n`;

/** The first rule of a ruleset without its place. */
function rule(text: string): Record<string, unknown> {
  const { rules } = only(shop(text)) as { rules: Record<string, unknown>[] };
  const { place: _place, ...rest } = rules[0] ?? {};
  return JSON.parse(JSON.stringify(rest, (key, value) => (key === 'place' ? undefined : value)));
}

test('the example of every kind is read without a problem', () => {
  const { documents, problems } = loadDocuments([{ file: 'good.yaml', text: good }]);
  assert.deepEqual(problems, []);
  assert.deepEqual([...new Set(documents.map(({ kind }) => kind))].sort(), [...documentKinds].sort());
});

test('a Workload', () => {
  const text = `
kind: Workload
name: web-1
labels: {role: web, k8s.io/name: ""}
addresses: [10.0.1.11, "FD00:1::11", 10.0.1.11, "::ffff:10.0.1.12", {network: site-b, address: 172.17.0.2}]
ports: {http: tcp/8080}
enforcer: none`;
  assert.deepEqual(only(text), {
    kind: 'Workload',
    name: 'web-1',
    labels: { role: 'web', 'k8s.io/name': '' },
    addresses: [
      { network: 'main', address: '10.0.1.11' },
      { network: 'main', address: 'fd00:1::11' },
      { network: 'main', address: '10.0.1.12' },
      { network: 'site-b', address: '172.17.0.2' },
    ],
    ports: { http: [{ first: 0x061f90, last: 0x061f90 }] },
    enforced: false,
    host: null,
    fallbackMode: 'enforce',
  });
});

test('a Workload on the kernel of another', () => {
  const guest = only('{kind: Workload, name: shop-7, addresses: [172.17.0.2], host: web-1}');
  assert.equal(guest.host, 'web-1');
  assert.equal(guest.enforced, true);
});

test('a Workload says least with its name alone', () => {
  const expected = {
    kind: 'Workload',
    name: 'a/b.c_d',
    labels: {},
    addresses: [],
    ports: {},
    enforced: true,
    host: null,
    fallbackMode: 'enforce',
  };
  assert.deepEqual(only('{kind: Workload, name: a/b.c_d}'), expected);
});

test('a Ruleset says least with its name and rules', () => {
  const scopes = { kind: 'list', selectors: [] };
  const expected = { kind: 'Ruleset', name: 'a', tier: 'application', state: 'active', scopes, rules: [] };
  assert.deepEqual(only('{kind: Ruleset, name: a, rules: []}'), expected);
});

test('scopes are a list of selectors or each combination of keys', () => {
  const scopes = (text: string) => only(`kind: Ruleset\nname: a\n${text}\nrules: []`).scopes;
  const app = { text: 'app=a', requirements: [{ key: 'app', operator: 'in', values: ['a'] }] };
  assert.deepEqual(scopes('scopes: app=a'), { kind: 'list', selectors: [app] });
  assert.deepEqual(scopes('scopes: ["app=a", ""]'), { kind: 'list', selectors: [app, { text: '', requirements: [] }] });
  assert.deepEqual(scopes('each: [app, env]'), { kind: 'each', keys: ['app', 'env'] });
});

const web = {
  kind: 'selector',
  selector: { text: 'role=web', requirements: [{ key: 'role', operator: 'in', values: ['web'] }] },
  scoped: true,
  identity: null,
};
const every = { kind: 'selector', selector: { text: '', requirements: [] }, scoped: true, identity: null };

test('a rule with everything', () => {
  const text =
    '{name: r, deny: [tcp/80, web, icmp/8], from: [role=web, {ipList: partners}], to: {selector: role=web, scope: none}, at: source, ' +
    'state: staged, expires: 2027-01-01, owner: ana, reason: contract 12, except: [{from: role=web}, {services: tcp/80, to: {any: true}}]}';
  const tcp80 = { kind: 'range', range: { first: 0x060050, last: 0x060050 }, text: 'tcp/80' };
  assert.deepEqual(rule(text), {
    name: 'r',
    verdict: 'deny',
    services: [
      tcp80,
      { kind: 'service', name: 'web' },
      { kind: 'range', range: { first: 0x010800, last: 0x0108ff }, text: 'icmp/8' },
    ],
    from: [web, { kind: 'ipList', name: 'partners', identity: null }],
    to: [{ ...web, scoped: false }],
    except: [
      { from: [web], to: null, services: null },
      { from: null, to: [{ kind: 'any', identity: null }], services: [tcp80] },
    ],
    at: 'source',
    state: 'staged',
    expires: Date.UTC(2027, 0, 1),
    reverify: null,
    acceptWider: false,
    owner: 'ana',
    reason: 'contract 12',
  });
});

test('one service needs no list, and "" is every workload', () => {
  const { services, from, to, at, expires } = rule('{name: r, pass: all, from: "", to: {selector: ""}}');
  assert.deepEqual(
    { services, from, to, at, expires },
    {
      services: [{ kind: 'range', range: { first: 0, last: 0xffffff }, text: 'all' }],
      from: [every],
      to: [every],
      at: 'both',
      expires: null,
    },
  );
});

/** One end in `from`, or in `to` where it says so. */
const ends: readonly (readonly [text: string, expected: object])[] = [
  ['from: {user: ana}', { ...every, identity: { process: null, user: { kind: 'user', name: 'ana' } } }],
  ['from: {group: dba}', { ...every, identity: { process: null, user: { kind: 'group', name: 'dba' } } }],
  [
    'from: {user: ana, scope: none}',
    { ...every, scoped: false, identity: { process: null, user: { kind: 'user', name: 'ana' } } },
  ],
  ['from: {process: /usr/bin/curl}', { ...every, identity: { process: '/usr/bin/curl', user: null } }],
  ['to: {selector: role=web, process: nginx.service}', { ...web, identity: { process: 'nginx.service', user: null } }],
  ['to: {any: true, process: "/opt/a b/x"}', { kind: 'any', identity: { process: '/opt/a b/x', user: null } }],
  [
    "from: {ipList: l, process: /x, user: 'C\\u'}",
    { kind: 'ipList', name: 'l', identity: { process: '/x', user: { kind: 'user', name: 'C\\u' } } },
  ],
  ['to: {name: API.Example.}', { kind: 'domain', name: 'api.example', identity: null }],
  ['to: {name: "*._tcp.Corp.example"}', { kind: 'domain', name: '*._tcp.corp.example', identity: null }],
  ['to: {virtualService: vip}', { kind: 'virtualService', name: 'vip', identity: null }],
];

test('an end says where and who; who alone is every workload', () => {
  for (const [text, expected] of ends) {
    const other = text.startsWith('from') ? 'to: ""' : 'from: ""';
    const read = rule(`{name: r, allow: all, ${text}, ${other}}`);
    assert.deepEqual(text.startsWith('from') ? read.from : read.to, [expected], text);
  }
});

test('reverify is a duration', () => {
  const read = (text: string) => rule(`{name: r, allow: all, from: "", to: "", reverify: ${text}}`).reverify;
  assert.deepEqual(['90s', '30m', '8h', '2d', '24d'].map(read), [90e3, 18e5, 288e5, 1728e5, 20736e5]);
  for (const text of ['0s', '8', 'h', '8w', '-1h', '1.5h', '08h', '25d', '8H', '999999999999s', '""'])
    assert.deepEqual(codes(shop(`{name: r, allow: all, from: "", to: "", reverify: ${text}}`)).length, 1, text);
});

const kinds: readonly (readonly [text: string, expected: object])[] = [
  [
    '{kind: Service, name: s, ports: tcp/1, process: nginx.service, application: http}',
    {
      kind: 'Service',
      name: 's',
      ranges: [{ first: 0x060001, last: 0x060001 }],
      process: 'nginx.service',
      application: 'http',
    },
  ],
  [
    '{kind: IpList, name: l, names: [a.b, A.B., "*.b"]}',
    { kind: 'IpList', name: 'l', prefixes: [], except: [], names: ['a.b', '*.b'] },
  ],
  [
    '{kind: LabelGroup, name: g, key: env, values: [b, a, b]}',
    { kind: 'LabelGroup', name: 'g', key: 'env', values: ['b', 'a'], groups: [] },
  ],
  ['{kind: UserGroup, name: g, members: [ana, bo, ana]}', { kind: 'UserGroup', name: 'g', members: ['ana', 'bo'] }],
  [
    '{kind: LabelSource, name: s, source: cmdb, keys: app, apply: as-draft}',
    {
      kind: 'LabelSource',
      name: 's',
      source: 'cmdb',
      keys: ['app'],
      selector: { text: '', requirements: [] },
      apply: 'as-draft',
    },
  ],
  [
    '{kind: Ownership, name: o, directory: teams/shop/, scope: "", owners: ana}',
    {
      kind: 'Ownership',
      name: 'o',
      directory: 'teams/shop',
      scope: { text: '', requirements: [] },
      owners: ['ana'],
      tiers: ['application'],
      labels: [],
    },
  ],
  [
    '{kind: Logon, user: ana, address: 10.0.0.5}',
    { kind: 'Logon', user: 'ana', network: 'main', address: '10.0.0.5', from: null, until: null },
  ],
  [
    '{kind: Logon, user: ana, network: b, address: "::5", from: 2027-01-01, until: 2027-01-02}',
    {
      kind: 'Logon',
      user: 'ana',
      network: 'b',
      address: '::5',
      from: Date.UTC(2027, 0, 1),
      until: Date.UTC(2027, 0, 2),
    },
  ],
  [
    '{kind: VirtualService, name: v, frontends: ["10.0.9.9 tcp/443", {network: b, address: 10.0.9.9, service: udp/53}], members: {selector: ""}}',
    {
      kind: 'VirtualService',
      name: 'v',
      frontends: [
        { network: 'main', address: '10.0.9.9', service: 0x0601bb },
        { network: 'b', address: '10.0.9.9', service: 0x110035 },
      ],
      members: { selector: { text: '', requirements: [] }, ports: [] },
      snat: null,
    },
  ],
];

test('the kinds of a handful of fields', () => {
  for (const [text, expected] of kinds) assert.deepEqual(only(text), expected, text);
});

test('a VirtualService maps ports and says where members see connections come from', () => {
  const text = (source: string) =>
    `{kind: VirtualService, name: v, frontends: ["10.0.9.9 tcp/443"], members: {selector: "", ports: {tcp/443: tcp/8443}}, source: ${source}}`;
  assert.deepEqual(only(text('preserved')).members, {
    selector: { text: '', requirements: [] },
    ports: [{ frontend: 0x0601bb, member: 0x0620fb }],
  });
  assert.deepEqual(only(text('preserved')).snat, null);
  assert.equal((only(text('{snat: [10.0.9.0/28, "fd00::/64"]}')).snat as object[]).length, 2);
});

test('an Invariant', () => {
  const { never, except } = only(
    '{kind: Invariant, name: i, never: {from: "", to: role=web}, except: [{services: tcp/80}]}',
  ) as {
    never: object;
    except: object[];
  };
  assert.deepEqual(never, { from: [every], to: [web], services: null });
  assert.equal(except.length, 1);
});

const moments: readonly (readonly [string, number | null])[] = [
  ['2027-01-01', Date.UTC(2027, 0, 1)],
  ['2028-02-29', Date.UTC(2028, 1, 29)],
  ['2027-01-01T12:30:00Z', Date.UTC(2027, 0, 1, 12, 30)],
  ['2027-01-01T12:30:00.5+02:00', Date.UTC(2027, 0, 1, 10, 30, 0, 500)],
  ['2027-02-29', null],
  ['2027-13-01', null],
  ['2027-01-01T25:00:00Z', null],
  ['2027-01-01T12:30:00', null],
  ['01.01.2027', null],
  ['tomorrow', null],
];

test('expires is a date of the calendar or a time with its zone', () => {
  for (const [text, expected] of moments) {
    const source = shop(`{name: r, allow: all, from: "", to: "", expires: "${text}"}`);
    if (expected === null) assert.deepEqual(codes(source), ['4 bad-date'], text);
    else assert.equal(rule(`{name: r, allow: all, from: "", to: "", expires: "${text}"}`).expires, expected, text);
  }
});

test('kinds that were not asked for are not looked into', () => {
  const text =
    '{kind: Ruleset, nonsense: 1}\n---\n{kind: Workload, name: a}\n---\n{kind: UserGroup, nonsense: 1}\n---\n{kind: Lab}\n---\n{kind: Wrkload}';
  const { documents, problems } = parseDocuments([{ file: 'f', text }], { kinds: ['Workload'] });
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    ['Workload'],
  );
  assert.deepEqual(
    problems.map(({ code }) => code),
    ['unknown-kind'],
  );
});

test('a document with an error is left out whole, the others are not', () => {
  const text = `${shop('{name: a, allow: all, from: "", to: ""}')}  - {name: b}\n---\n{kind: Service, name: s, ports: [tcp/1, tcp/2-1]}\n---\n{kind: Workload, name: w}`;
  const { documents, broken } = parseDocuments([{ file: 'f', text }]);
  assert.deepEqual(
    documents.map(({ kind }) => kind),
    ['Workload'],
  );
  assert.deepEqual(broken, [
    { kind: 'Ruleset', name: 'shop' },
    { kind: 'Service', name: 's' },
  ]);
});

test('what refers to a broken document is not a second problem', () => {
  const text = `${shop('{name: a, allow: [s, t], from: "", to: ""}')}---\n{kind: Service, name: s, ports: [tcp/2-1]}`;
  assert.deepEqual(
    loadDocuments([{ file: 'f', text }]).problems.map(({ code }) => code),
    ['unknown-service', 'reversed-ports'],
  );
});

test('a name is unique in its kind over all files', () => {
  const file = (name: string) => ({
    file: name,
    text: '{kind: Service, name: x, ports: tcp/1}\n---\n{kind: IpList, name: x, prefixes: []}',
  });
  const { problems, documents } = parseDocuments([file('a'), file('b')]);
  assert.deepEqual(
    problems.map(({ code, place }) => `${place?.file} ${code}`),
    ['b duplicate-name', 'b duplicate-name'],
  );
  assert.equal(documents.length, 2);
});

test('a file over its limit is not read', () => {
  assert.deepEqual(codes('#'.repeat(fileCharacterLimit + 1)), ['1 file-too-large']);
});

test('32 levels are read and the 33rd is not', () => {
  const nested = (levels: number) => `kind: Lab\nx: ${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}`;
  assert.deepEqual(codes(nested(32)), []);
  assert.deepEqual(codes(nested(33)), ['2 too-deep']);
  const block = (levels: number) =>
    Array.from({ length: levels }, (_, i) => `${' '.repeat(i)}kind:`)
      .join('\n')
      .replace('kind:', 'kind: Lab\nx:');
  assert.deepEqual(codes(block(32)), []);
  assert.deepEqual(codes(block(33)), ['34 too-deep']);
  for (const opener of ['[', '{a: ', '- ', '? ', '[{a: '])
    assert.match(codes(opener.repeat(100_000)).join(), /^1 too-deep$/, opener);
});

test('an alias is what it stands for', () => {
  const text =
    'kind: Workload\nname: a\nlabels: &l {role: &r web, app: *r}\n---\nkind: IpList\nname: b\nprefixes: &p [10.0.0.0/8]\nexcept: *p';
  const { documents, problems } = parseDocuments([{ file: 'f', text }]);
  assert.deepEqual(problems, []);
  assert.deepEqual(documents[0]?.kind === 'Workload' && documents[0].labels, { role: 'web', app: 'web' });
  assert.equal(documents[1]?.kind === 'IpList' && documents[1].except.length, 1);
});

test('aliases that expand to billions are refused, and so is one of itself', () => {
  const bomb = 'bcdefghij'
    .split('')
    .map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghi'[i]}`).join(', ')}]`);
  assert.match(codes(`kind: Lab\na: &a [1, 1, 1]\n${bomb.join('\n')}`).join(), /too-many-aliases/);
  assert.deepEqual(codes('kind: Lab\na: &a [*a]'), ['2 unknown-alias']);
});

test('problems beyond the first thousand are counted', () => {
  const text = `kind: Workload\nname: a\nlabels:\n${Array.from({ length: 1500 }, (_, i) => `  k${i}: []`).join('\n')}`;
  const { problems } = parseDocuments([{ file: 'f', text }]);
  assert.equal(problems.length, 1001);
  assert.match(problems.at(-1)?.message ?? '', /500 more were found/);
});

test('places are right with Windows line ends, a byte order mark and quotes', () => {
  const at = (text: string) =>
    parseDocuments([{ file: 'f', text }]).problems.map(({ place }) => [place?.line, place?.column]);
  assert.deepEqual(at('kind: Workload\r\nname: a\r\nnothing: b\r\n'), [[3, 1]]);
  assert.deepEqual(at('\ufeffkind: Workload\nnames: a'), [[2, 1]]);
  assert.deepEqual(at('{kind: Mode, inbound: test, selector: "a ~ b"}'), [[1, 42]]);
  assert.deepEqual(at('{kind: Mode, inbound: test, selector: a ~ b}'), [[1, 41]]);
});
