import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from './testkit/eventually.ts';
import { report } from './testkit/report.ts';
import { enrolAgent, type Reachable } from './testkit/shop.ts';
import { temporaryDirectory } from './testkit/temporary-directory.ts';
import { controlRequest } from './testkit/test-controller.ts';

const canMount = spawnSync('unshare', ['-m', 'true']).status === 0;
const skip = canMount ? false : 'needs root to mount a small file system of its own';

test('a full disk is said, the live view goes on, and reports wait with their agent', { skip }, async (context) => {
  const inside = temporaryDirectory(context);
  const agents = `unix:${join(inside, 'agents.sock')}`;
  const program = [process.execPath, join(import.meta.dirname, 'main.ts'), 'up', '--data', inside];
  const options = ['--listen', '127.0.0.1:0', '--listen-agents', agents, '--waves', 'off', '--json'];
  // The mount is gone with the process: nobody else is in its namespace.
  const script = 'mount -t tmpfs -o size=64m tmpfs "$0" && exec "$@"';
  const child = spawn('unshare', ['-m', 'sh', '-c', script, inside, ...program, ...options], {
    env: { ...process.env, BULKHEAD_LOG: 'fatal' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  context.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  const directory = `/proc/${child.pid}/root${inside}`;
  const api: Reachable['api'] = (method, path, body) =>
    controlRequest(join(directory, 'control.sock'), { method, path, body });
  const agent = await enrolAgent({ directory, api }, 'web', {});
  await agent.connect(['10.0.0.1']);
  await eventually('a ruleset', () => agent.held);

  fill(join(directory, 'ballast'));
  agent.batch([report('10.0.0.1', '192.0.2.1', { process: 'x'.repeat(4000) })]);
  const disk = await eventually('the disk to be reported full', async () => {
    const { body } = await api('GET', '/status');
    return body.disk.state === 'ok' ? null : body.disk;
  });
  assert.equal(disk.state, 'full');
  assert.equal(agent.acknowledged, 0, 'what is not durable is not acknowledged');
  assert.equal((await api('GET', '/edges')).body.items.length, 1, 'the live view has it');
  const refused = await api('POST', '/drafts', { name: 'd', files: [{ path: 'x', text: 'x'.repeat(900_000) }] });
  assert.deepEqual([refused.status, refused.body.code], [507, 'disk-full']);

  rmSync(join(directory, 'ballast'));
  await eventually('the agent to be sent back to try again', () => agent.closed);
  await agent.connect();
  agent.batch([report('10.0.0.1', '192.0.2.1')], 1);
  await eventually('the acknowledgement', () => agent.acknowledged === 1);
  assert.equal((await api('GET', '/status')).body.disk.state, 'ok');
  assert.equal((await api('GET', '/edges')).body.items[0].attempts, 1, 'sent twice, counted once');
});

/** Writes until there is no room left. */
function fill(path: string): void {
  for (let size = 1024 * 1024; size >= 1; size = Math.floor(size / 2)) {
    for (let more = true; more; ) {
      try {
        writeFileSync(path, Buffer.alloc(size), { flag: 'a' });
      } catch {
        more = false;
      }
    }
  }
}
