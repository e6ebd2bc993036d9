import assert from 'node:assert/strict';
import { createHash, verify, X509Certificate } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { Address } from '@bulkhead/net/address.ts';
import type { ProbedCell, ProofStatement, SignedStatement } from '@bulkhead/wire/proof.ts';
import { readStatement } from '@bulkhead/wire/proof.ts';
import { stagedPath } from './atomic-file.ts';
import type { Identity } from './identity.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { type Evidence, Prover } from './prover.ts';
import type { Seen } from './sight.ts';
import { certify } from './testkit/certificates.ts';
import { ruleset } from './testkit/rulesets.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';

const seen: Seen = { at: 1, outcome: 'holds', reason: null, depth: 'everything', slice: null, turn: 3, epoch: 9 };
const evidence: Evidence = { held: ruleset(4), seen, applied: 1, whole: 2, restored: 0 };
const cell: ProbedCell = { at: 1, address: '10.0.0.2' as Address, service: 'tcp/5432', outcome: 'silent' };

function host(t: TestContext) {
  const path = join(temporaryDirectory(t), 'proof.json');
  const state = { now: 1_764_000_000_000, taken: true, identity: identity('web-1') };
  const sent: SignedStatement[] = [];
  const problems = new Problems(silentLog);
  const start = () =>
    new Prover({
      path,
      identity: () => state.identity,
      send: (statement) => {
        if (state.taken) sent.push(statement);
        return state.taken;
      },
      problems,
      clock: () => state.now,
      boot: () => '3f0c',
    });
  return { path, state, sent, problems, start, said: () => sent.map(({ text }) => read(text)) };
}

function identity(workload: string): Identity {
  const { key, certificate } = certify({ name: workload, uri: null, issuer: null });
  const controller = { host: '127.0.0.1', port: 1 };
  return { key, certificate, authority: '', workload, controller, pairing: '' };
}

function read(text: string): ProofStatement {
  const statement = readStatement(text);
  return statement.kind === 'decoded' ? statement.value : assert.fail(statement.problem.message);
}
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

test('PR15 statements are signed, follow from each other, and go on over a restart and a renewed certificate', (t) => {
  const { state, sent, start, said } = host(t);
  const [first, second] = [state.identity, identity('web-1')];
  const prover = start();
  prover.say(evidence);
  state.now += 10_000;
  prover.say(evidence);
  state.identity = second;
  state.now += 10_000;
  start().say(evidence);
  assert.equal(sent.length, 3);
  for (const [index, { text, signature }] of sent.entries()) {
    const { publicKey, fingerprint256 } = new X509Certificate(index < 2 ? first.certificate : second.certificate);
    assert.ok(verify('sha256', Buffer.from(text), publicKey, Buffer.from(signature, 'base64')), String(index));
    const { certificate, previous } = read(text);
    assert.equal(certificate, fingerprint256.replaceAll(':', '').toLowerCase());
    assert.equal(previous, index === 0 ? '0'.repeat(64) : sha256(sent[index - 1]?.text ?? ''));
  }
  const numbers = said().map(({ sequence }) => sequence);
  assert.deepEqual(
    [...numbers].sort((a, b) => a - b),
    numbers,
  );
  assert.equal(new Set(numbers).size, 3);
});

test('PR17 a number is not given twice when what was kept is lost, set back or nonsense', (t) => {
  const { path, state, start, said } = host(t);
  const prover = start();
  for (let i = 0; i < 5; i++) {
    prover.say(evidence);
    state.now += 10_000;
  }
  const most = Math.max(...said().map(({ sequence }) => sequence));
  for (const lose of [
    () => rmSync(path),
    () => writeFileSync(path, 'nonsense'),
    () => writeFileSync(path, '{"web-1":{"sequence":1}}'),
  ]) {
    lose();
    state.now += 60_000;
    start().say(evidence);
    const last = said().at(-1);
    assert.ok((last?.sequence ?? 0) > most);
    assert.equal(last?.previous, '0'.repeat(64));
  }
});

const news: readonly (readonly [title: string, change: Partial<Evidence>, said: number])[] = [
  ['the same again', {}, 1],
  ['a later look at another slice', { seen: { ...seen, turn: 4, depth: 'slice' } }, 1],
  ['another generation', { held: ruleset(5) }, 2],
  ['a kernel that differs', { seen: { ...seen, outcome: 'differs', reason: 'chain input lacks' } }, 2],
  ['a kernel that does not answer', { seen: { ...seen, outcome: 'unread', reason: 'no nft' } }, 2],
];
for (const [title, change, times] of news) {
  test(`a statement is made at once only for news: ${title}`, (t) => {
    const { state, sent, start } = host(t);
    const prover = start();
    prover.say(evidence);
    state.now += 5000;
    prover.say({ ...evidence, ...change });
    assert.equal(sent.length, times);
    state.now += 10_000;
    prover.say({ ...evidence, ...change });
    assert.equal(sent.length, times + 1, 'and again after ten seconds');
  });
}

test('what was not sent was never said: neither its number nor its probes are used up', (t) => {
  const { state, start, said } = host(t);
  const prover = start();
  prover.probed(cell);
  state.taken = false;
  prover.say(evidence);
  state.taken = true;
  prover.say(evidence);
  state.now += 10_000;
  prover.say(evidence);
  const [first, second] = said();
  assert.deepEqual([first?.probes, second?.probes], [[cell], []]);
  assert.equal(second?.sequence, (first?.sequence ?? 0) + 1);
});

test('a disk that takes nothing is a problem and stops no statement', (t) => {
  const { path, state, sent, problems, start } = host(t);
  const prover = start();
  mkdirSync(stagedPath(path));
  prover.say(evidence);
  assert.match(problems.texts().join(), /Cannot write .*proof\.json/);
  rmSync(stagedPath(path), { recursive: true });
  state.now += 10_000;
  prover.say(evidence);
  assert.deepEqual([sent.length, problems.texts()], [2, []]);
});
