import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { Lab } from './lab-file.ts';
import { isClean, leftovers, networkNamespaces } from './leftovers.ts';
import { parseLab } from './parse-lab.ts';
import { missingRequirements } from './requirements.ts';
import { cgroupOf, repository } from './site.ts';
import { smallLab } from './testkit.ts';

/** A real lab of three hosts, without agents, in a run directory of its own. */
const run = `/run/bulkhead-lab-test-${process.pid}`;
const lab = parseLab(smallLab, 'lab.yaml').lab as Lab;
const missing = missingRequirements(lab, cgroupOf(run)).map((problem) => problem.message);
const skip = missing.length === 0 ? false : missing.join('; ');

const program = [`${repository}/lab/main.ts`];
const folder = mkdtempSync(`${tmpdir()}/bulkhead-lab-test-`);
const file = `${folder}/lab.yaml`;
writeFileSync(file, smallLab);
after(() => rmSync(folder, { recursive: true }));

function labCommand(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...program, '--run', run, '--json', ...words], { encoding: 'utf8' });
}

/** Starts a lab that ends with its process; resolves when it is up. */
async function upInForeground(): Promise<ChildProcess> {
  const words = ['up', file, '--foreground', '--no-agents', '--run', run, '--json'];
  const child = spawn(process.execPath, [...program, ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  assert.match(line.toString(), /"hosts":3/);
  return child;
}

async function untilClean(namespaces: ReadonlySet<string>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!isClean(leftovers(run, namespaces))) {
    if (Date.now() > deadline) assert.fail(JSON.stringify(leftovers(run, namespaces)));
    await delay(50);
  }
}

async function untilTraffic(): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const { edges } = JSON.parse(labCommand('traffic').stdout) as { edges: { successes: number }[] };
    if (edges.every((edge) => edge.successes > 0)) return;
    assert.ok(Date.now() < deadline, JSON.stringify(edges));
    await delay(100);
  }
}

describe('a detached lab', { skip }, () => {
  let namespaces = new Set<string>();
  before(() => {
    const { status, stderr } = labCommand('up', file, '--no-agents');
    assert.equal(status, 0, stderr);
    namespaces = networkNamespaces(run);
    assert.equal(namespaces.size, 4, 'the router and three hosts');
  });
  after(() => void labCommand('down'));

  test('is up once', () => assert.equal(labCommand('up', file, '--no-agents').stdout, '{"already":true}\n'));

  test('makes every declared connection', untilTraffic);

  const probes: readonly (readonly [words: string, state: string, status: number])[] = [
    ['client-1 web-1 tcp/80', 'open', 0],
    ['client-1 web-1 tcp/80 --ipv6', 'open', 0],
    ['client-1 api-1 udp/53', 'open', 0],
    ['client-1 web-1 tcp/81', 'closed', 1],
    ['client-1 api-1 tcp/80', 'closed', 1],
  ];
  for (const [words, state, status] of probes) {
    test(`connect ${words}: ${state}`, () => {
      const answer = labCommand('connect', ...words.split(' '));
      assert.equal((JSON.parse(answer.stdout) as { state: string }).state, state);
      assert.equal(answer.status, status);
    });
  }

  test('every daemon is in the cgroup of its unit and runs the program its edges name', () => {
    for (const edge of lab.edges) {
      const script =
        'cat "/sys/fs/cgroup/system.slice/$0/cgroup.procs" | while read -r p; do readlink /proc/$p/exe; done';
      const answer = labCommand('run-on', edge.to, '--', 'sh', '-c', script, edge.unit);
      const { stdout } = JSON.parse(answer.stdout) as { stdout: string };
      assert.ok(stdout.split('\n').includes(edge.process), `${edge.to} ${edge.unit}: ${stdout}`);
    }
  });

  test('a host sees itself and nobody else', () => {
    const script = 'hostname; ls /sys/class/net; ls /proc | grep -c "^[0-9]"; findmnt -t cgroup,cgroup2 -o TARGET -n';
    const { stdout } = JSON.parse(labCommand('run-on', 'web-1', '--', 'sh', '-c', script).stdout) as { stdout: string };
    const [hostname, eth0, lo, processes, ...cgroups] = stdout.trim().split('\n');
    assert.deepEqual([hostname, eth0, lo], ['web-1', 'eth0', 'lo']);
    assert.ok(Number(processes) < 15, `${processes} processes`);
    assert.deepEqual(
      cgroups.map((line) => line.trim()),
      ['/sys/fs/cgroup'],
    );
  });

  test('a held connection flows until it is let go', () => {
    const opened = JSON.parse(labCommand('hold', 'web-1', 'api-1', 'tcp/6379').stdout) as { id: number };
    assert.equal(labCommand('hold', 'check', String(opened.id)).status, 0);
    assert.equal(labCommand('hold', 'close', String(opened.id)).status, 0);
    assert.equal(labCommand('hold', 'check', String(opened.id)).status, 2);
  });

  const refused = [
    'connect web-1 nobody tcp/80',
    'connect web-1 api-1 tcp/0',
    'connect web-1',
    'trigger nothing',
    'agent kill web-1',
    'attack politely',
  ];
  for (const words of refused) test(`${words}: exit 2`, () => assert.equal(labCommand(...words.split(' ')).status, 2));

  test('down leaves nothing', async () => {
    assert.equal(labCommand('down').status, 0);
    await untilClean(namespaces);
    assert.equal(labCommand('status').status, 3);
  });
});

describe('a lab in the foreground', { skip }, () => {
  for (const signal of ['SIGKILL', 'SIGTERM', 'SIGINT'] as const) {
    test(`${signal} of its owner leaves nothing`, async () => {
      const owner = await upInForeground();
      const namespaces = networkNamespaces(run);
      assert.equal(leftovers(run, namespaces).namespaces.length, 4);
      owner.kill(signal);
      await once(owner, 'exit');
      await untilClean(namespaces);
    });
  }

  test('SIGTERM while it starts leaves nothing once the owner has ended', async () => {
    const words = ['up', file, '--foreground', '--no-agents', '--run', run, '--json'];
    const owner = spawn(process.execPath, [...program, ...words], { stdio: 'ignore' });
    while (!existsSync(`${run}/estate.json`)) await delay(10);
    owner.kill('SIGTERM');
    await once(owner, 'exit');
    assert.deepEqual(leftovers(run, new Set()), leftovers('/run/bulkhead-lab-test-none', new Set()));
  });

  test('SIGKILL of the cleaner ends the estate too, and the next up removes the rest', async () => {
    const owner = await upInForeground();
    const namespaces = networkNamespaces(run);
    const { pid } = JSON.parse(readFileSync(`${run}/estate.json`, 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    await once(owner, 'exit');
    assert.ok(leftovers(run, namespaces).directories.length > 0);
    const second = await upInForeground();
    second.kill('SIGKILL');
    await once(second, 'exit');
    await untilClean(namespaces);
  });

  test('runs in a chroot', async () => {
    const root = `${folder}/root`;
    mkdirSync(root);
    const words = [...program, 'up', file, '--foreground', '--no-agents', '--run', run, '--json'];
    const script = 'mount --rbind / "$0" && exec chroot "$0" "$@"';
    const enter = ['--mount', '--kill-child=TERM', 'sh', '-c', script, root, process.execPath, ...words];
    const owner = spawn('unshare', enter, { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    owner.stdout.on('data', (text) => {
      said += text;
    });
    await Promise.race([once(owner.stdout, 'data'), once(owner.stdout, 'end')]);
    const namespaces = networkNamespaces(run);
    owner.kill('SIGKILL');
    assert.match(said, /"hosts":3/);
    await untilClean(namespaces);
  });

  test('a run directory that is not a lab is cleaned only by its name', () => {
    mkdirSync(`/run/bulkhead-lab-test-stale-${process.pid}`);
    const stale = spawnSync(process.execPath, [
      ...program,
      'down',
      '--run',
      `/run/bulkhead-lab-test-stale-${process.pid}`,
    ]);
    assert.equal(stale.status, 0);
    assert.equal(spawnSync(process.execPath, [...program, 'down', '--run', '/run']).status, 2);
  });
});
