import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { anp, askAbout, banp, filesOf, importText, np } from './testkit.ts';

const list = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(', ');
const pods = '{namespaces: {}}';
const subject = `subject: ${pods}`;
const network = (index: number): string => `10.${index}.0.0/16`;
const port = (index: number): string => `{portNumber: {protocol: TCP, port: ${index + 1}}}`;
const ofLabel = (index: number): string => `{namespaces: {matchLabels: {serial: "${index}"}}}`;
const fromAll = `{action: Deny, from: [${pods}]}`;
const toAll = `{action: Deny, to: [${pods}]}`;
const name = (length: number): string => 'a'.repeat(length);
const domain = (index: number): string => `a${index}.example.com`;

/** As many of something as may be; one more is refused. */
const limits: readonly (readonly [what: string, most: number, code: string, text: (count: number) => string])[] = [
  ['KI8 ingress rules', 100, 'too-many', (count) => anp(1, `${subject}, ingress: [${list(count, () => fromAll)}]`)],
  ['KI8 egress rules', 100, 'too-many', (count) => anp(1, `${subject}, egress: [${list(count, () => toAll)}]`)],
  [
    'KI8 rules of the baseline',
    100,
    'too-many',
    (count) => banp(`${subject}, ingress: [${list(count, () => fromAll)}]`),
  ],
  [
    'KI8 peers of ingress',
    100,
    'too-many',
    (count) => anp(1, `${subject}, ingress: [{action: Deny, from: [${list(count, ofLabel)}]}]`),
  ],
  [
    'KI8 peers of egress',
    100,
    'too-many',
    (count) => anp(1, `${subject}, egress: [{action: Deny, to: [${list(count, ofLabel)}]}]`),
  ],
  [
    'KI8 ports',
    100,
    'too-many',
    (count) => anp(1, `${subject}, ingress: [{action: Deny, from: [${pods}], ports: [${list(count, port)}]}]`),
  ],
  [
    'KI8 networks',
    25,
    'too-many',
    (count) => anp(1, `${subject}, egress: [{action: Deny, to: [{networks: [${list(count, network)}]}]}]`),
  ],
  [
    'KI8 domain names',
    25,
    'too-many',
    (count) => anp(1, `${subject}, egress: [{action: Allow, to: [{domainNames: [${list(count, domain)}]}]}]`),
  ],
  [
    'KI8 characters of the name of a rule',
    100,
    'too-long',
    (count) => anp(1, `${subject}, ingress: [{name: ${name(count)}, action: Deny, from: [${pods}]}]`),
  ],
  ['KI8 characters of the name of a policy', 253, 'bad-object-name', (count) => np('podSelector: {}', name(count))],
  [
    'KI8 characters of the name of a pod',
    253,
    'bad-object-name',
    (count) => `{apiVersion: v1, kind: Pod, metadata: {name: ${name(count)}, namespace: shop}}`,
  ],
  [
    'KI8 characters of the name of a namespace',
    63,
    'bad-object-name',
    (count) => `{apiVersion: v1, kind: Namespace, metadata: {name: ${name(count)}}}`,
  ],
];

for (const [what, most, code, text] of limits)
  test(`${what}: ${most} are taken, and one more is ${code}`, () => {
    const errors = (count: number) =>
      importText(text(count))
        .problems.filter(({ severity }) => severity === 'error')
        .map((problem) => problem.code);
    assert.deepEqual([errors(most), errors(most + 1)], [[], [code]]);
  });

const job = (of: string, status = ''): string =>
  `{apiVersion: batch/v1, kind: Job, metadata: {name: ${of}, namespace: shop}, spec: {template: {metadata: {labels: {app: x}}}}, status: {${status}}}`;
const condition = (type: string, status: string): string => `conditions: [{type: ${type}, status: "${status}"}]`;

/** Whether a Job still stands for pods. */
const jobs: readonly (readonly [status: string, stands: boolean])[] = [
  ['', true],
  [condition('Complete', 'True'), false],
  [condition('Failed', 'True'), false],
  [condition('Complete', 'False'), true],
  [condition('Failed', 'Unknown'), true],
  [condition('FailureTarget', 'True'), true],
  [condition('Suspended', 'True'), true],
  ['conditions: [{type: Suspended, status: "False"}, {type: Failed, status: "True"}]', false],
];

/** Names of the workloads, and their labels. */
function workloadsOf(text: string): ReadonlyMap<string, Readonly<Record<string, string>>> {
  const { documents } = parseDocuments(filesOf(importText(text)), { kinds: ['Workload'] });
  return new Map(documents.flatMap((one) => (one.kind === 'Workload' ? [[one.name, one.labels]] : [])));
}

for (const [status, stands] of jobs)
  test(`KW5 a Job with ${status || 'no status'} ${stands ? 'stands' : 'does not stand'} for its pods`, () =>
    assert.deepEqual([...workloadsOf(job('once', status)).keys()], stands ? ['shop/once'] : []));

/** The label of its pods that has its name, which is none where no label could have it. */
for (const [length, isLabel] of [
  [63, true],
  [64, false],
  [200, false],
] as const)
  test(`KW4 a Job with a name of ${length} characters gives its pods ${isLabel ? 'a' : 'no'} label of it`, () => {
    const labels = workloadsOf(job(name(length))).get(`shop/${name(length)}`) ?? assert.fail('it stands for its pods');
    const expected = isLabel ? name(length) : undefined;
    assert.deepEqual([labels['job-name'], labels['batch.kubernetes.io/job-name']], [expected, expected]);
    assert.equal(labels.app, 'x');
  });

/** Addresses of the pod behind a Service, and whether a rule to 10.1.0.0/24 but 10.1.0.9 is a rule on the Service. */
const inBlock: readonly (readonly [addresses: readonly string[], isReached: boolean])[] = [
  [['10.1.0.1'], true],
  [['10.1.0.1', '10.1.0.2'], true],
  [['10.1.0.1', 'fd00::1'], true],
  [['10.1.0.1', '10.2.0.1'], false],
  [['10.2.0.1', '10.1.0.1'], false],
  [['10.1.0.1', '10.1.0.9'], false],
  [['10.2.0.1'], false],
  [['fd00::1'], false],
  [[], false],
];

for (const [addresses, isReached] of inBlock)
  test(`KS5 a rule to a block is ${isReached ? '' : 'not '}one on the Service of a pod at ${addresses.join(' and ') || 'no address'}`, () => {
    const ips = addresses.map((ip) => `{ip: "${ip}"}`).join(', ');
    const objects = [
      '{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, status: {podIP: 10.3.0.1}}',
      `{apiVersion: v1, kind: Pod, metadata: {name: db, namespace: shop, labels: {app: db}}, status: {podIPs: [${ips}]}}`,
      '{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {selector: {app: db}, clusterIP: 10.96.0.1, ports: [{port: 80}]}}',
      np(
        'podSelector: {}, policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: 10.1.0.0/24, except: [10.1.0.9/32]}}]}]',
      ),
    ];
    const ask = askAbout(filesOf(importText(objects.join('\n---\n'))));
    assert.equal(ask('shop/web -> 10.96.0.1 tcp/80'), isReached ? 'allow' : 'deny');
  });
