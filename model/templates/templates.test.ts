import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { checkPolicy } from '@bulkhead/policy/check.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import type { WorkloadDocument } from '../documents.ts';
import { formatText } from '../format/format-text.ts';
import { loadDocuments } from '../load.ts';
import type { Labels } from '../words.ts';
import { fillTemplate } from './template.ts';
import { templates } from './templates.ts';

const estate = readFileSync(new URL('../../examples/estate/shop.yaml', import.meta.url), 'utf8');
const clients = '{kind: IpList, name: clients, prefixes: [10.20.1.0/24]}';
/** The most that application teams could allow: what a guardrail closes stays closed. */
const open = '{kind: Ruleset, name: open, rules: [{name: all, allow: all, from: {any: true}, to: {any: true}}]}';

function fill(name: string, given: readonly string[]): string {
  const template = templates.find((one) => one.name === name) ?? assert.fail(name);
  const filled = fillTemplate(
    template,
    given.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
  );
  return filled.kind === 'written' ? filled.text : filled.findings.map(({ code }) => code).join(' ');
}

type Asked = { readonly from: Labels; readonly to: Labels; readonly service: string };
/** What the template promises of a connection, said without its text; `open`: whether applications allow everything. */
type Promised = (asked: Asked, open: boolean) => 'allow' | 'deny';

const web = (labels: Labels): boolean => labels.app === 'shop' && labels.env === 'prod';
const admin = [
  'tcp/22',
  'tcp/23',
  'tcp/3389',
  'udp/3389',
  'tcp/5985',
  'tcp/5986',
  'tcp/5900',
  'tcp/5903',
  'tcp/623',
  'udp/623',
];
const spread = ['tcp/135', 'udp/137', 'udp/138', 'tcp/139', 'tcp/445', 'tcp/3389', 'udp/3389', 'tcp/5985', 'tcp/5986'];
const beside = [
  'tcp/80',
  'tcp/443',
  'tcp/5432',
  'tcp/21',
  'tcp/24',
  'tcp/134',
  'tcp/444',
  'tcp/5987',
  'tcp/5904',
  'udp/53',
  'icmp/8',
];

const cases: readonly (readonly [name: string, given: readonly string[], promised: Promised])[] = [
  [
    'ring-fence',
    ['app=shop', 'env=prod', 'from=list:clients', 'from=role=metrics', 'to=role=lb', 'service=tcp/80'],
    ({ from, to, service }, open) => {
      const comesIn = (from.env === 'outside' || from.role === 'metrics') && to.role === 'lb' && service === 'tcp/80';
      if (web(to)) return web(from) || comesIn ? 'allow' : 'deny';
      return open ? 'allow' : 'deny';
    },
  ],
  [
    'ring-fence',
    ['app=shop'],
    ({ from, to }, open) => {
      if (to.app === 'shop') return from.app === 'shop' ? 'allow' : 'deny';
      return open ? 'allow' : 'deny';
    },
  ],
  [
    'separate-environments',
    ['env=prod', 'env=dev', 'shared=role=web'],
    ({ from, to }, open) => {
      const [one, other] = [from.env ?? '', to.env ?? ''];
      const apart = one !== other && ['prod', 'dev'].includes(one) && ['prod', 'dev'].includes(other);
      return apart && from.role !== 'web' && to.role !== 'web' ? 'deny' : open ? 'allow' : 'deny';
    },
  ],
  [
    'separate-environments',
    ['key=loc', 'env=dc-1', 'env=dc-2', 'env=internet'],
    ({ from, to }, open) => (from.loc !== to.loc || !open ? 'deny' : 'allow'),
  ],
  [
    'admin-ports',
    ['from=role=jump', 'to=env=prod'],
    ({ from, to, service }, open) => {
      if (!admin.includes(service) || to.env !== 'prod') return open ? 'allow' : 'deny';
      return from.role === 'jump' ? 'allow' : 'deny';
    },
  ],
  [
    'ransomware-ports',
    ['server=role=db', 'admin=role=jump'],
    ({ from, to, service }, open) => {
      const spreads = spread.includes(service) && to.role !== 'db' && from.role !== 'jump';
      return open && !spreads ? 'allow' : 'deny';
    },
  ],
];

for (const [name, given, promised] of cases)
  for (const applications of ['', open]) {
    const said = applications === '' ? 'nothing else is allowed' : 'everything else is allowed';
    test(`${name} ${given.join(' ')} keeps its promise where ${said}`, () => {
      const files = [estate, clients, fill(name, given), ...(applications === '' ? [] : [applications])];
      const { documents, problems } = loadDocuments(files.map((text, index) => ({ file: `f${index}`, text })));
      assert.deepEqual([...problems, ...checkPolicy(documents, 0)], []);
      const world = worldOf(documents);
      const workloads = documents.filter((document) => document.kind === 'Workload');
      const enforced = ({ enforced: has }: WorkloadDocument): boolean => has;
      const verdicts = { allow: 0, deny: 0 };
      for (const from of workloads)
        for (const to of workloads.filter((other) => other !== from && (enforced(from) || enforced(other))))
          for (const service of [...admin, ...spread, ...beside]) {
            const answer = decide(world.policy, world.estate, {
              from: `${from.name}@${from.addresses[0]?.address}`,
              to: `${to.name}@${to.addresses[0]?.address}`,
              service,
            });
            if ('code' in answer) assert.fail(answer.message);
            const expected = promised({ from: from.labels, to: to.labels, service }, applications !== '');
            assert.equal(answer.intended.verdict, expected, `${from.name} -> ${to.name} ${service}`);
            verdicts[expected]++;
          }
      assert(verdicts.deny > 100 && (verdicts.allow > 100 || applications === ''), JSON.stringify(verdicts));
    });
  }

const refused: readonly (readonly [code: string, name: string, ...given: string[]])[] = [
  ['missing-setting', 'ring-fence'],
  ['missing-setting', 'ring-fence', 'app=a', 'app=b'],
  ['bad-setting', 'ring-fence', 'app=a b'],
  ['bad-setting', 'ring-fence', 'app=a,env=b'],
  ['bad-setting', 'ring-fence', 'app='],
  ['bad-setting', 'ring-fence', 'app=a\n- {x: y}'],
  ['bad-setting', 'ring-fence', 'app=a', 'from=list:'],
  ['bad-setting', 'ring-fence', 'app=a', 'from=a ~ b'],
  ['bad-setting', 'ring-fence', 'app=a', 'service=80'],
  ['bad-setting', 'ring-fence', `app=${'a'.repeat(64)}`],
  ['unknown-setting', 'ring-fence', 'app=a', 'aap=b'],
  ['missing-setting', 'separate-environments', 'env=a'],
  ['bad-setting', 'separate-environments', 'env=a', 'env=a'],
  ['missing-setting', 'admin-ports'],
];
for (const [code, name, ...given] of refused)
  test(`${name} ${JSON.stringify(given)} is refused with ${code}`, () => assert.equal(fill(name, given), code));

test('what a template writes is as the formatter writes it, and says what it does', () => {
  for (const [name, given] of cases) {
    const text = fill(name, given);
    assert.deepEqual(formatText({ file: 'f', text }), { kind: 'formatted', text });
    assert.match(text, /^# /);
    const { documents } = loadDocuments([
      { file: 'f', text },
      { file: 'g', text: clients },
    ]);
    for (const document of documents)
      if (document.kind === 'Ruleset') for (const rule of document.rules) assert.notEqual(rule.reason, null, rule.name);
  }
});

test('settings are one unit: hostile values never become another document', () => {
  const values = ['x}\n---\n{kind: Lab}', '"}', "'", '#', '*', '&a', '!x', '- a', 'a: b', '%', '@g', 'any'];
  for (const { name, settings } of templates)
    for (const setting of settings)
      for (const value of values) {
        const needed = settings.flatMap(({ key, least }) => Array.from({ length: least }, (_, i) => `${key}=v${i}`));
        const text = fill(name, [
          ...needed.filter((each) => !each.startsWith(`${setting.key}=v0`)),
          `${setting.key}=${value}`,
        ]);
        if (!text.includes('kind:')) continue;
        const { problems } = loadDocuments([{ file: 'f', text }]);
        const codes = problems.filter(({ severity }) => severity === 'error').map(({ code }) => code);
        assert.deepEqual(
          codes.filter((code) => !['unknown-label-group', 'unknown-service'].includes(code)),
          [],
          text,
        );
      }
});
