import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { repository } from './site.ts';

/** A program under attended.sh that writes its PID and sleeps. */
async function attend(context: TestContext) {
  const folder = mkdtempSync(`${tmpdir()}/bulkhead-attended-test-`);
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  const command = ['sh', '-c', `echo $$ > ${folder}/pid; exec sleep 60`];
  const script = [`${repository}/lab/attended.sh`, '', `${folder}/log`, ...command];
  const child = spawn('sh', script, { detached: true, stdio: ['pipe', 'ignore', 'ignore', 'ignore', 'pipe'] });
  while (!existsSync(`${folder}/pid`) || readFileSync(`${folder}/pid`, 'utf8') === '') await delay(10);
  return { child, program: Number(readFileSync(`${folder}/pid`, 'utf8')) };
}

async function untilGone(pid: number): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (existsSync(`/proc/${pid}`)) {
    assert.ok(Date.now() < deadline, `${pid} still runs`);
    await delay(20);
  }
}

test('an attended program ends when nobody holds its stdin any more', async (t) => {
  const { child, program } = await attend(t);
  child.stdin?.end();
  await untilGone(program);
});

test('an attended program ends with its attendant', async (t) => {
  const { child, program } = await attend(t);
  child.kill('SIGKILL');
  await untilGone(program);
});
