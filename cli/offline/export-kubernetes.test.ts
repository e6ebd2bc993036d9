import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { exportKubernetes } from '@bulkhead/exporters/kubernetes/export.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import { type InputFile, parseDocuments } from '@bulkhead/model/parse.ts';
import { policyNow, randomPolicy, randomUnsayable } from '@bulkhead/testkit/kubernetes/random-policy.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { bulkhead, testdata } from '../testkit.ts';
import { proveExport } from './export-proof.ts';

/** Policies that have to be proved; about three of five can be written. */
const wanted = Number(process.env.PROPERTY_RUNS ?? 200);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

const asked = { cluster: 'prod', now: policyNow, acceptOwnNode: false };

/** What manifests have to reach, and in how many policies of 200 at least. */
const features: readonly (readonly [what: string, pattern: RegExp, least: number])[] = [
  ['isolation of both directions', /podSelector: {}\n {2}policyTypes:\n {4}- Ingress\n {4}- Egress/, 60],
  ['isolation of one direction', /podSelector: {}\n {2}policyTypes:\n {4}- (Ingress|Egress)\n(---|$)/, 3],
  ['a source', /- from:\n {8}- podSelector/, 60],
  ['other namespaces', /namespaceSelector:\n/, 40],
  ['all namespaces', /namespaceSelector: {}/, 40],
  ['anyone', /ingress:\n {4}- ports/, 20],
  ['ipBlock', /ipBlock/, 60],
  ['ipBlock with except', /except:/, 10],
  ['IPv6 blocks', /cidr: 2001/, 20],
  ['endPort', /endPort/, 40],
  ['all ports of a protocol', /- protocol: TCP\n(?! {10})/, 10],
  ['SCTP', /protocol: SCTP/, 20],
  ['named ports', /port: (http|dns)/, 40],
  ['expressions', /matchExpressions/, 60],
  ['DoesNotExist', /DoesNotExist/, 20],
  ['NotIn', /NotIn/, 20],
  ['Allow', /action: Allow/, 20],
  ['Deny', /action: Deny/, 40],
  ['Pass', /action: Pass/, 10],
  ['networks', /networks:/, 10],
  ['domain names', /domainNames/, 20],
  ['portRange', /portRange/, 10],
  ['subject of namespaces', /subject:\n {4}namespaces/, 10],
  ['subject of pods', /subject:\n {4}pods/, 20],
  ['baseline', /kind: BaselineAdminNetworkPolicy/, 3],
  ['rules worked into others', /rule: (?!lifeline)[^\n,]+, [^\n]+\nspec:\n {2}podSelector/, 1],
  ['nodes as destinations', /nodes:/, 5],
  ['traffic with the own node', /own node/, 20],
  ['lifeline', /lifeline\/base/, 20],
];

test(`EX1: read back, manifests decide as the policy does at every pod, ${wanted} policies from seed ${firstSeed}`, () => {
  const seen = new Map<string, number>();
  let [proved, refused] = [0, 0];
  for (let seed = firstSeed; proved < wanted; seed++) {
    const documents = randomPolicy(seededRandom(seed));
    const files = filesOf(documents);
    if (files === null) refused++;
    else {
      const proof = proveExport({ ...asked, documents, manifests: files });
      assert.equal(proof.kind, 'proved', `seed ${seed}: ${JSON.stringify(proof.kind === 'refuted' && proof)}`);
      proved++;
      const own = documents.some((document) => document.kind === 'Ruleset' && document.name === 'own-node');
      const text = [...files.map((file) => file.text), ...(own ? ['own node'] : [])].join('---\n');
      for (const [what, pattern] of features) if (pattern.test(text)) seen.set(what, (seen.get(what) ?? 0) + 1);
    }
    assert.ok(refused < 100 + proved * 2, `seed ${seed}: ${refused} refused`);
  }
  const rare = features.filter(([what, , least]) => (seen.get(what) ?? 0) < (least * wanted) / 200);
  if (wanted >= 200)
    assert.deepEqual(
      rare.map(([what]) => `${what} ${seen.get(what) ?? 0}`),
      [],
    );
});

test('EX2: what no object can say is refused by its name, 120 policies', () => {
  const codes = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + 120; seed++) {
    const { documents, name, code } = randomUnsayable(seededRandom(seed));
    const { manifests, refusals } = exportKubernetes(documents, asked);
    assert.equal(manifests, null, `seed ${seed}`);
    const found = refusals.some(
      (refusal) => refusal.code === code && refusal.message.startsWith(`Cannot export "${name}"`),
    );
    assert.ok(
      found,
      `seed ${seed}: ${code} of ${name} is not among ${refusals.map(({ message }) => message).join('\n')}`,
    );
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }
  assert.equal(codes.size, 14, [...codes].join(' '));
});

test('EX1: a manifest that says something else at one end only is not proved, whatever the other end says', () => {
  const documents = readDocuments('exported.yaml');
  const files = filesOf(documents) ?? assert.fail('it can be written');
  const changed = (end: 'Ingress' | 'Egress', from: string, to: string) =>
    files.map(({ file, text }) => ({
      file,
      text: text
        .split('---\n')
        .map((object) => (object.includes(`- ${end}\n  ${end.toLowerCase()}`) ? object.replace(from, to) : object))
        .join('---\n'),
    }));
  const cases = [
    [changed('Ingress', 'port: 8080', 'port: 8081'), 'destination'],
    [changed('Egress', 'port: 8080', 'port: 8081'), 'source'],
    [changed('Egress', 'port: 8080', 'port: 8080\n          endPort: 8081'), 'source'],
    [changed('Ingress', 'role: api', 'role: web'), 'destination'],
    [files, 'proved'],
  ] as const;
  for (const [manifests, expected] of cases) {
    const proof = proveExport({ ...asked, documents, manifests });
    assert.equal(proof.kind === 'refuted' ? proof.end : proof.kind, expected);
  }
});

function readDocuments(name: string): readonly Document[] {
  const text = readFileSync(join(testdata, name), 'utf8');
  return parseDocuments([{ file: name, text }]).documents;
}

/** Null: it was refused. */
function filesOf(documents: readonly Document[]): readonly InputFile[] | null {
  const { manifests } = exportKubernetes(documents, asked);
  return manifests?.map(({ name, yaml }) => ({ file: name, text: yaml })) ?? null;
}

const inputs = ['--estate', 'exported.yaml', '--policy', 'exported.yaml'];

/** In a directory of its own, which is gone afterwards. */
function inDirectory(run: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-export-'));
  try {
    run(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

test('an export is written once, by force again, and never over what somebody else wrote', () => {
  inDirectory((directory) => {
    const out = join(directory, 'new', 'manifests');
    const words = ['export', 'kubernetes', ...inputs, '--out', out];
    const first = bulkhead(words);
    assert.deepEqual([first.code, readdirSync(out)], [0, ['network-policies.yaml']], first.stderr);
    assert.match(first.stdout, /proved: reading these manifests back changes no verdict \(\d+ cells compared\)/);
    const text = readFileSync(join(out, 'network-policies.yaml'), 'utf8');
    const again = bulkhead(words);
    assert.deepEqual([again.code, /--force replaces it/.test(again.stderr)], [2, true]);
    writeFileSync(
      join(out, 'admin-network-policies.yaml'),
      '# Written by bulkhead export kubernetes for cluster old.\n',
    );
    assert.equal(bulkhead([...words, '--force']).code, 0);
    assert.deepEqual(readdirSync(out), ['network-policies.yaml'], 'nothing of an earlier export stays');
    assert.equal(readFileSync(join(out, 'network-policies.yaml'), 'utf8'), text);
    writeFileSync(join(out, 'network-policies.yaml'), 'kind: Other\n');
    const other = bulkhead([...words, '--force']);
    assert.deepEqual([other.code, /no export wrote it/.test(other.stderr)], [2, true]);
    assert.equal(readFileSync(join(out, 'network-policies.yaml'), 'utf8'), 'kind: Other\n');
  });
});

test('an export in JSON says what was written and proved', () => {
  inDirectory((directory) => {
    const { code, stdout } = bulkhead(['export', 'kubernetes', ...inputs, '--out', directory, '--json']);
    const { cluster, files, proved } = JSON.parse(stdout);
    assert.deepEqual([code, cluster, files], [0, 'prod', ['network-policies.yaml']]);
    assert.ok(BigInt(proved.cells) > 0n);
  });
});

test('what cannot be exported ends with 2 and writes nothing', () => {
  inDirectory((directory) => {
    const out = join(directory, 'out');
    for (const more of [
      ['--policy', 'not-exported.yaml'],
      ['--cluster', 'stage'],
      ['--estate', 'shop', '--cluster', 'other'],
    ]) {
      const { code, stderr } = bulkhead(['export', 'kubernetes', ...inputs, ...more, '--out', out]);
      assert.deepEqual([code, existsSync(out)], [2, false], stderr);
    }
    const { code, stderr } = bulkhead(['export', 'kubernetes', '--estate', 'shop', '--policy', 'shop', '--out', out]);
    assert.deepEqual([code, /no workload is in one, --cluster is needed/.test(stderr)], [2, true], stderr);
    const unwritable = bulkhead(['export', 'kubernetes', ...inputs, '--out', '/dev/null/here']);
    assert.equal(unwritable.code, 3, unwritable.stderr);
  });
});

test('EX25 EX39: the policy among the examples is written for the cluster among them, its Service included', () => {
  inDirectory((directory) => {
    const examples = join(import.meta.dirname, '..', '..', 'examples', 'kubernetes');
    const [estate, out] = [join(directory, 'estate'), join(directory, 'out')];
    const read = bulkhead(['import', 'kubernetes', join(examples, 'cluster'), '--cluster', 'prod', '--out', estate]);
    assert.equal(read.code, 0, read.stderr);
    const policy = join(examples, 'policy');
    const words = ['export', 'kubernetes', '--estate', estate, '--policy', policy, '--cluster', 'prod', '--out', out];
    const { code, stderr } = bulkhead(words);
    assert.equal(code, 0, stderr);
  });
});

test('EX5: people read one note for many rules, programs one for each, and an unknown cluster is all that is wrong', () => {
  inDirectory((directory) => {
    const policy = join(directory, 'staged.yaml');
    const rules = [1, 2, 3, 4].map(
      (port) => `  - {name: r${port}, allow: [tcp/${port}], from: "", to: "", state: staged}\n`,
    );
    writeFileSync(policy, `kind: Ruleset\nname: s\nrules:\n${rules.join('')}`);
    const words = ['export', 'kubernetes', ...inputs, '--policy', policy, '--out', join(directory, 'out')];
    const { code, stdout, stderr } = bulkhead([...words, '--json']);
    assert.equal(code, 0, stderr);
    const notes: readonly { readonly code: string }[] = JSON.parse(stdout).notes;
    assert.equal(notes.filter((note) => note.code === 'staged').length, 4);
    const lines = stderr.split('\n').filter((line) => line.includes('warning staged:'));
    assert.equal(lines.length, 1, stderr);
    assert.match(lines[0] ?? '', /Left out "s\/r1", "s\/r2", "s\/r3" and 1 more: it is staged/);
    const unknown = bulkhead([...words, '--cluster', 'stage', '--force']);
    assert.match(unknown.stderr, /error no-pods/);
    assert.match(unknown.stderr, /1 error, 0 warnings/);
  });
});
