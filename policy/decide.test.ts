import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document, Rule } from '@bulkhead/model/documents.ts';
import type { ModeName } from '@bulkhead/model/words.ts';
import {
  except,
  ipList,
  lifeline,
  mode,
  rule,
  ruleset,
  service,
  tiers,
  workload,
} from '@bulkhead/testkit/documents.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { decide, type ViewAnswer } from './decide.ts';
import { isProblem } from './problems.ts';

/**
 * One estate for all cases: a shop in production and development, an unmanaged printer, a crm in production.
 * 10.0.9.9 is claimed by two workloads.
 */
const estate: readonly Document[] = [
  workload('web-1', 'role=web,app=shop,env=prod', ['10.0.1.11', 'fd00:1::11']),
  workload('api-1', 'role=api,app=shop,env=prod', ['10.0.1.12']),
  workload('db-1', 'role=db,app=shop,env=prod', ['10.0.1.13']),
  workload('web-d', 'role=web,app=shop,env=dev', ['10.0.2.11']),
  workload('db-d', 'role=db,app=shop,env=dev', ['10.0.2.13']),
  workload('crm-db', 'role=db,app=crm,env=prod', ['10.0.3.13']),
  workload('bare', '', ['10.0.4.1']),
  workload('ghost', 'role=web,app=shop,env=prod'),
  workload('printer', 'role=printer', ['10.0.5.1'], { enforced: false }),
  workload('twin-a', 'role=web', ['10.0.9.9', '10.0.9.1']),
  workload('twin-b', 'role=db', ['10.0.9.9', '10.0.9.2']),
  workload('far', 'role=db,app=shop,env=prod', ['site-b/10.0.1.11']),
  workload('near', 'role=gate', ['10.0.8.1', 'site-b/10.0.8.2']),
  workload('far-2', 'role=web', ['site-b/10.0.7.7']),
  ipList('office', ['192.0.2.0/24'], ['192.0.2.128/25']),
  service('postgres', ['tcp/5432']),
];

type Case = readonly [title: string, rules: readonly Document[], probe: string, expected: string];

/** Expected: `verdict`, or `verdict rule` where the destination's rule is told, or `outbound/inbound` rules with `-`. */
function checkCases(cases: readonly Case[], view: 'effective' | 'intended'): void {
  for (const [title, documents, probe, expected] of cases) {
    test(`${title} [${probe}]`, () => assert.equal(ask(documents, probe, view), expected));
  }
}

function ask(documents: readonly Document[], probe: string, view: 'effective' | 'intended', now = 0): string {
  const { policy, estate: built } = worldOf([...estate, ...documents], now);
  const [from = '', to = '', what = ''] = probe.split(' ');
  const answer = decide(policy, built, { from, to, service: what });
  return isProblem(answer) ? answer.code : text(answer[view]);
}

function text({ verdict, outbound, inbound }: ViewAnswer): string {
  if (verdict === 'mixed') return verdict;
  const side = (end: ViewAnswer['outbound']) => (end?.verdict === 'none' ? 'none' : (end?.rule ?? '-'));
  return `${verdict} ${side(outbound)} ${side(inbound)}`;
}

const app = (...rules: readonly Rule[]): Document[] => [ruleset('r', rules)];
const tier = (name: string, ...rules: readonly Rule[]): Document => ruleset(name, rules, { tier: name });
const webToDb = app(rule('x', 'allow tcp/5432', ['role=web', 'role=db']));
const scoped = (scopes: readonly string[], from: string, to: string): Document[] => [
  ruleset('r', [rule('x', 'allow tcp/1', [from, to])], { scopes }),
];
const each = (keys: readonly string[], from: string, to: string): Document[] => [
  ruleset('r', [rule('x', 'allow tcp/1', [from, to])], { each: keys }),
];
const hole = (exception: Rule['except'][number]): Document[] =>
  app(rule('x', 'allow tcp/1-9', ['', ''], { except: [exception] }));

checkCases(
  [
    [
      'E3 a prefix reads the address',
      app(rule('x', 'allow tcp/1', ['10.0.1.0/24', 'any'])),
      'web-1@10.0.1.11 db-1 tcp/1',
      'allow r/x r/x',
    ],
    [
      'E3 a prefix does not read labels',
      app(rule('x', 'allow tcp/1', ['10.0.2.0/24', 'any'])),
      'api-1 db-1 tcp/1',
      'deny - -',
    ],
    [
      'E4 any matches unowned addresses',
      app(rule('x', 'allow tcp/1', ['any', 'role=db'])),
      '8.8.8.8 db-1 tcp/1',
      'allow none r/x',
    ],
    ['E5 without an address selectors match', webToDb, 'ghost db-1 tcp/5432', 'allow r/x r/x'],
    [
      'E5 without an address no prefix matches',
      app(rule('x', 'allow tcp/1', ['0.0.0.0/0', 'any'])),
      'ghost db-1 tcp/1',
      'deny - -',
    ],
    [
      'E6 both ends must allow',
      app(rule('x', 'allow tcp/1', ['', ''], { at: 'source' })),
      'web-d db-d tcp/1',
      'deny r/x -',
    ],
    ['E7 an unmanaged source answers none', webToDb, 'printer db-1 tcp/5432', 'deny none -'],
    [
      'E7 an unmanaged destination answers none',
      app(rule('x', 'allow tcp/9100', ['role=api', 'role=printer'])),
      'api-1 printer tcp/9100',
      'allow r/x none',
    ],
    ['E7 nobody enforces outside', [], '8.8.8.8 9.9.9.9 tcp/1', 'allow none none'],
    ['E8 an owned address is its workload', webToDb, '10.0.1.11 10.0.1.13 tcp/5432', 'allow r/x r/x'],
    ['E8 no such name', [], 'web-9 db-1 tcp/1', 'unknown-workload'],
    ['E8 no such address of the name', [], 'web-1@10.0.1.12 db-1 tcp/1', 'unknown-address'],
    [
      'E9 an address is read in the network of the other end',
      app(rule('x', 'allow tcp/1', ['role=web', 'role=db'])),
      'far-2 10.0.1.11 tcp/1',
      'allow r/x r/x',
    ],
    [
      'E9 and in main otherwise',
      app(rule('x', 'allow tcp/1', ['role=web', 'role=db'])),
      '10.0.9.1 10.0.1.11 tcp/1',
      'deny - -',
    ],
    [
      'E10 only pairs of one family count',
      app(rule('x', 'allow tcp/1', ['10.0.0.0/8', 'role=db'])),
      'web-1 db-1 tcp/1',
      'allow r/x r/x',
    ],
    [
      'E10 only pairs of one network count',
      app(rule('x', 'allow tcp/1', ['10.0.8.1/32', 'role=db'])),
      'near db-1 tcp/1',
      'allow r/x r/x',
    ],
    [
      'E10 where no pair shares a network all count',
      app(rule('x', 'allow tcp/1', ['10.0.8.1/32', 'role=db'])),
      'db-1 far tcp/1',
      'deny - -',
    ],
    [
      'E10 pairs that differ are mixed',
      app(rule('x', 'allow tcp/1', ['10.0.9.1/32', 'role=db'])),
      'twin-a db-1 tcp/1',
      'mixed',
    ],
    [
      'S1 the empty selector is every workload',
      app(rule('x', 'allow tcp/1', ['', ''])),
      'bare db-1 tcp/1',
      'allow r/x r/x',
    ],
    ['S1 and no unowned address', app(rule('x', 'allow tcp/1', ['', ''])), '8.8.8.8 db-1 tcp/1', 'deny none -'],
    ['S2 equality needs the key', app(rule('x', 'allow tcp/1', ['env=prod', ''])), 'bare db-1 tcp/1', 'deny - -'],
    [
      'S2 in needs one of the values',
      app(rule('x', 'allow tcp/1', ['env in (dev,stage)', ''])),
      'web-d db-1 tcp/1',
      'allow r/x r/x',
    ],
    ['S2 a key alone needs the key', app(rule('x', 'allow tcp/1', ['env', ''])), 'bare db-1 tcp/1', 'deny - -'],
    [
      'S3 != matches without the key',
      app(rule('x', 'allow tcp/1', ['env!=prod', ''])),
      'bare db-1 tcp/1',
      'allow r/x r/x',
    ],
    [
      'S3 notin matches without the key',
      app(rule('x', 'allow tcp/1', ['env notin (prod,dev)', ''])),
      'bare db-1 tcp/1',
      'allow r/x r/x',
    ],
    [
      'S3 notin does not match a value',
      app(rule('x', 'allow tcp/1', ['env notin (prod,dev)', ''])),
      'web-d db-1 tcp/1',
      'deny - -',
    ],
    ['S3 ! matches without the key', app(rule('x', 'allow tcp/1', ['!env', ''])), 'bare db-1 tcp/1', 'allow r/x r/x'],
    ['S3 ! does not match with it', app(rule('x', 'allow tcp/1', ['!env', ''])), 'web-1 db-1 tcp/1', 'deny - -'],
    ['C1 no scopes, everywhere', webToDb, 'web-d crm-db tcp/5432', 'allow r/x r/x'],
    ['C2 inside a scope', scoped(['env=prod', 'env=dev'], 'role=web', 'role=db'), 'web-d db-d tcp/1', 'allow r/x r/x'],
    ['C2 never across scopes', scoped(['env=prod', 'env=dev'], 'role=web', 'role=db'), 'web-d db-1 tcp/1', 'deny - -'],
    ['C3 any is not scoped', scoped(['env=prod'], 'any', 'role=db'), 'web-d db-1 tcp/1', 'allow r/x r/x'],
    [
      'C4 scope none reaches outside',
      scoped(['env=prod'], 'none:role=web', 'role=db'),
      'web-d db-1 tcp/1',
      'allow r/x r/x',
    ],
    ['C4 the other end stays inside', scoped(['env=prod'], 'none:role=web', 'role=db'), 'web-d db-d tcp/1', 'deny - -'],
    ['C5 one scope per combination', each(['app', 'env'], '', ''), 'web-d db-d tcp/1', 'allow r/x r/x'],
    ['C5 another value of one key', each(['app', 'env'], '', ''), 'web-1 crm-db tcp/1', 'deny - -'],
    ['C5 a workload without the key is in none', each(['env'], '', ''), 'bare bare tcp/1', 'deny - -'],
    [
      'C6 exceptions are scoped too',
      [
        ruleset('r', [rule('x', 'allow tcp/1', ['', ''], { except: [except('role=web', null, null)] })], {
          scopes: ['env=dev'],
        }),
      ],
      'web-d db-d tcp/1',
      'deny - -',
    ],
    ['R1 another service', webToDb, 'web-1 db-1 tcp/5433', 'deny - -'],
    ['R1 the other way round', webToDb, 'db-1 web-1 tcp/5432', 'deny - -'],
    ['R1 a named service', app(rule('x', 'allow postgres', ['', ''])), 'web-d db-d tcp/5432', 'allow r/x r/x'],
    ['R2 all parts match', hole(except('role=web', 'role=db', ['tcp/5'])), 'web-d db-d tcp/5', 'deny - -'],
    [
      'R2 another service than the exception',
      hole(except('role=web', 'role=db', ['tcp/5'])),
      'web-d db-d tcp/6',
      'allow r/x r/x',
    ],
    ['R2 another source than the exception', hole(except('role=api', null, null)), 'web-d db-d tcp/5', 'allow r/x r/x'],
    [
      'R3 at the destination only',
      app(rule('x', 'deny all', ['', ''], { at: 'destination' }), rule('y', 'allow all', ['', ''])),
      'web-d db-d tcp/1',
      'deny r/y r/x',
    ],
    ['R4 disabled', app(rule('x', 'allow tcp/1', ['', ''], { state: 'disabled' })), 'web-d db-d tcp/1', 'deny - -'],
    [
      'R4 staged counts as intended',
      app(rule('x', 'allow tcp/1', ['', ''], { state: 'staged' })),
      'web-d db-d tcp/1',
      'allow r/x r/x',
    ],
    [
      'R4 a disabled ruleset',
      [ruleset('r', [rule('x', 'allow tcp/1', ['', ''])], { state: 'disabled' })],
      'web-d db-d tcp/1',
      'deny - -',
    ],
    [
      'R5 inside an ip list',
      app(rule('x', 'allow tcp/1', ['list:office', ''])),
      '192.0.2.7 db-1 tcp/1',
      'allow none r/x',
    ],
    [
      'R5 inside its exception',
      app(rule('x', 'allow tcp/1', ['list:office', ''])),
      '192.0.2.200 db-1 tcp/1',
      'deny none -',
    ],
    [
      'T2 the earlier tier decides',
      [tier('guardrail', rule('g', 'deny all', ['', ''])), tier('application', rule('a', 'allow all', ['', '']))],
      'web-d db-d tcp/1',
      'deny guardrail/g guardrail/g',
    ],
    [
      'T2 emergency before guardrail',
      [tier('emergency', rule('e', 'allow all', ['', ''])), tier('guardrail', rule('g', 'deny all', ['', '']))],
      'web-d db-d tcp/1',
      'allow emergency/e emergency/e',
    ],
    [
      'T3 deny beats allow',
      app(rule('a', 'allow all', ['', '']), rule('b', 'deny all', ['', ''])),
      'web-d db-d tcp/1',
      'deny r/b r/b',
    ],
    [
      'T3 allow beats pass',
      app(rule('a', 'pass all', ['', '']), rule('b', 'allow all', ['', ''])),
      'web-d db-d tcp/1',
      'allow r/b r/b',
    ],
    [
      'T4 pass goes on after the tier',
      [tier('guardrail', rule('g', 'pass all', ['', ''])), tier('application', rule('a', 'allow all', ['', '']))],
      'web-d db-d tcp/1',
      'allow application/a application/a',
    ],
    [
      'T4 pass leaves the whole group',
      [
        tiers('guardrail', 'admin:one,two', 'application'),
        tier('one', rule('p', 'pass all', ['', ''])),
        tier('two', rule('d', 'deny all', ['', ''])),
        tier('application', rule('a', 'allow all', ['', ''])),
      ],
      'web-d db-d tcp/1',
      'allow application/a application/a',
    ],
    [
      'T6 pass leaves the group of two documents',
      [
        ...[tiers('admin:one', 'application'), tiers('admin:two', 'application')],
        tier('one', rule('p', 'pass all', ['', ''])),
        tier('two', rule('d', 'deny all', ['', ''])),
        tier('application', rule('a', 'allow all', ['', ''])),
      ],
      'web-d db-d tcp/1',
      'allow application/a application/a',
    ],
    [
      'T7 the smaller name decides',
      [tiers('b'), tiers('a'), tier('b', rule('b', 'deny all', ['', ''])), tier('a', rule('a', 'allow all', ['', '']))],
      'web-d db-d tcp/1',
      'allow a/a a/a',
    ],
    ['T5 nothing matches', [], 'web-d db-d tcp/1', 'deny - -'],
    [
      'N2 the smallest id is named',
      app(rule('b', 'allow all', ['', '']), rule('a', 'allow tcp/1', ['', ''])),
      'web-d db-d tcp/1',
      'allow r/a r/a',
    ],
    [
      'N2 in byte order',
      app(rule('\u{1f6a2}', 'allow all', ['', '']), rule('\uff21', 'allow all', ['', ''])),
      'web-d db-d tcp/1',
      'allow r/\uff21 r/\uff21',
    ],
    [
      'D1 no selector matches a duplicate',
      app(rule('x', 'allow tcp/1', ['role=web', 'role=db'])),
      '10.0.9.9 db-1 tcp/1',
      'deny none -',
    ],
    [
      'D1 the other address of the twin is sound',
      app(rule('x', 'allow tcp/1', ['role=web', 'role=db'])),
      '10.0.9.1 db-1 tcp/1',
      'allow r/x r/x',
    ],
    [
      'D2 its workload still enforces there',
      app(rule('x', 'allow tcp/1', ['any', ''])),
      'db-1 twin-a@10.0.9.9 tcp/1',
      'deny - -',
    ],
    [
      'L1 neighbour discovery',
      [],
      'web-d db-d icmpv6/135',
      'allow lifeline/neighbour-discovery lifeline/neighbour-discovery',
    ],
    ['L1 not ICMP echo', [], 'web-d db-d icmp/8', 'deny - -'],
    ['L1 not ICMPv6 echo', [], 'web-d db-d icmpv6/128', 'deny - -'],
    ['L2 DHCP requests leave', [], 'web-d 10.0.2.1 udp/67', 'allow lifeline/dhcp none'],
    ['L2 and are not let in', [], 'web-d db-d udp/67', 'deny lifeline/dhcp -'],
    ['L2 DHCPv6 requests leave', [], 'web-d db-d udp/547', 'deny lifeline/dhcp -'],
    ['L2 DHCP answers are let in', [], 'web-d db-d udp/68', 'deny - lifeline/dhcp'],
    ['L2 DHCPv6 answers are let in', [], 'web-d db-d udp/546', 'deny - lifeline/dhcp'],
    ['L2 not what is beside them', [], 'web-d db-d udp/66', 'deny - -'],
    ['L2 not what is beside them', [], 'web-d db-d udp/69', 'deny - -'],
    ['L2 not what is beside them', [], 'web-d db-d udp/545', 'deny - -'],
    ['L2 not what is beside them', [], 'web-d db-d udp/548', 'deny - -'],
    ['L2 not over TCP', [], 'web-d db-d tcp/67', 'deny - -'],
    [
      'L3 name servers',
      [lifeline('l', { dns: ['10.0.1.13/32'] })],
      'web-d db-1 udp/53',
      'allow lifeline/l-dns lifeline/l-dns',
    ],
    ['L3 not for strangers', [lifeline('l', { dns: ['10.0.1.13/32'] })], '8.8.8.8 db-1 udp/53', 'deny none -'],
    ['L3 not another service', [lifeline('l', { dns: ['10.0.1.13/32'] })], 'web-d db-1 udp/54', 'deny - -'],
    [
      'L3 controllers',
      [lifeline('l', { controllers: ['10.0.1.1/32 tcp/8443'] })],
      'web-d 10.0.1.1 tcp/8443',
      'allow lifeline/l-controller none',
    ],
    [
      'L4 break-glass SSH',
      [lifeline('l', { ssh: ['192.0.2.7/32'] })],
      '192.0.2.7 db-1 tcp/22',
      'allow none lifeline/l-ssh',
    ],
    ['L4 from nowhere else', [lifeline('l', { ssh: ['192.0.2.7/32'] })], '192.0.2.8 db-1 tcp/22', 'deny none -'],
  ],
  'intended',
);

const governed: Document[] = app(rule('d', 'deny tcp/1', ['', '']), rule('a', 'allow tcp/2', ['', '']));
const modes = (inbound: ModeName, outbound: ModeName): Document => mode('', inbound, outbound);

checkCases(
  [
    [
      'R4 staged does not count as effective',
      app(rule('x', 'allow tcp/1', ['', ''], { state: 'staged' })),
      'web-d db-d tcp/1',
      'deny - -',
    ],
    ['M1 per direction', [...governed, modes('enforce', 'observe')], 'web-d db-d tcp/9', 'deny - -'],
    [
      'M1 the more specific document wins',
      [...governed, mode('', 'enforce', 'enforce'), mode('env=dev', 'observe', 'observe')],
      'web-d db-d tcp/9',
      'allow - -',
    ],
    ['M1 the fallback holds', [...governed, mode('env=stage', 'observe', 'observe')], 'web-d db-d tcp/9', 'deny - -'],
    [
      'M1 a document silent on a direction is not asked',
      [...governed, mode('env=dev', null, 'observe'), mode('', 'observe', null)],
      'web-d db-d tcp/9',
      'allow - -',
    ],
    [
      'M2 the stricter of two holds',
      [...governed, mode('env=dev', 'observe', 'observe'), mode('app=shop', 'enforce', 'observe')],
      'web-d db-d tcp/9',
      'deny - -',
    ],
    [
      'M4 emergency holds under observe',
      [tier('emergency', rule('e', 'deny all', ['', ''])), modes('observe', 'observe')],
      'web-d db-d tcp/1',
      'deny emergency/e emergency/e',
    ],
    [
      'M4 guardrail does not',
      [tier('guardrail', rule('e', 'deny all', ['', ''])), modes('observe', 'observe')],
      'web-d db-d tcp/1',
      'allow - -',
    ],
    ['M5 enforce denies the rest', [...governed, modes('enforce', 'enforce')], 'web-d db-d tcp/9', 'deny - -'],
    ['M6 selective holds denies', [...governed, modes('selective', 'selective')], 'web-d db-d tcp/1', 'deny r/d r/d'],
    [
      'M6 selective lets the rest pass',
      [...governed, modes('selective', 'selective')],
      'web-d db-d tcp/9',
      'allow - -',
    ],
    ['M7 observe lets a denied one pass', [...governed, modes('observe', 'observe')], 'web-d db-d tcp/1', 'allow - -'],
    ['M7 test names an allow', [...governed, modes('test', 'test')], 'web-d db-d tcp/2', 'allow r/a r/a'],
    ['M7 test lets the rest pass', [...governed, modes('test', 'test')], 'web-d db-d tcp/9', 'allow - -'],
  ],
  'effective',
);

for (const [expires, expected] of [
  [1000, 'deny - -'],
  [1001, 'allow r/x r/x'],
  [null, 'allow r/x r/x'],
] as const) {
  test(`X1 at 1000 a rule that expires at ${expires} gives ${expected}`, () => {
    const documents = app(rule('x', 'allow tcp/1', ['', ''], { expires }));
    assert.equal(ask(documents, 'web-d db-d tcp/1', 'intended', 1000), expected);
  });
}

test('X2 a policy says when the next rule expires', () => {
  const at = (expires: number | null, name: string) => rule(name, 'allow all', ['', ''], { expires });
  const { policy } = worldOf([...estate, ...app(at(50, 'a'), at(300, 'b'), at(200, 'c'), at(null, 'd'))], 100);
  assert.equal(policy.nextExpiry, 200);
});

test('E10 a mixed answer lists its pairs', () => {
  const { policy, estate: built } = worldOf([...estate, ...app(rule('x', 'allow tcp/1', ['10.0.9.1/32', 'role=db']))]);
  const answer = decide(policy, built, { from: 'twin-a', to: 'db-1', service: 'tcp/1' });
  assert.ok(!isProblem(answer));
  const pairs = answer.intended.pairs.map(({ from, to, verdict }) => `${from} ${to} ${verdict}`);
  assert.deepEqual(pairs, ['twin-a@10.0.9.9 db-1@10.0.1.13 deny', 'twin-a@10.0.9.1 db-1@10.0.1.13 allow']);
});

for (const bad of ['tcp', 'all', 'tcp/80-90', 'icmp', 'postgres', '', 'tcp/70000', 'udp/-1']) {
  test(`a probe asks about one service, not "${bad}"`, () => {
    const { policy, estate: built } = worldOf(estate);
    const answer = decide(policy, built, { from: 'web-1', to: 'db-1', service: bad });
    assert.ok(isProblem(answer));
    assert.equal(answer.code, 'bad-service');
  });
}
