/**
 * A policy that cuts a host off from its controller, its name server and its administrator heals with nobody touching
 * it: on a good day, with the agent killed in the middle, on a full disk; and a host boots with a broken file.
 */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { agentsPort, openHost, type Way, worldAddress } from './lock-out/host.ts';
import { answer, checks, product, type Running, start, until } from './scenario.ts';

type HostRow = {
  readonly proven: boolean;
  readonly problems: readonly string[];
};
type Host = Awaited<ReturnType<typeof openHost>>;

/** What a lock-out may last: fifteen seconds of trying, and what it takes to notice, by the agent or by its watchdog. */
const mostSeconds = 30;
const ways: readonly Way[] = ['controller', 'dns', 'ssh'];
const { say, check, fail, finish } = checks('lock-out');
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-lock-out-'));
const [controllerData, agentData, policies] = [
  join(folder, 'controller'),
  join(folder, 'agent'),
  join(folder, 'policy'),
];
const online = ['--data', controllerData];

const enforced = '{kind: Mode, selector: "", inbound: enforce, outbound: enforce}\n';
const open = `${enforced}---\n{kind: Ruleset, name: all, rules: [{name: open, allow: all, from: {any: true}, to: {any: true}}]}\n`;
/** Another port each time, so that each is a policy of its own that the host has not tried yet. */
const shut = (port: number) =>
  `${enforced}---\n{kind: Ruleset, name: all, rules: [{name: one-${port}, allow: tcp/${port}, from: {any: true}, to: ""}]}\n`;

/** In namespaces of its own: the network, and the mounts for a small disk. */
async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run lock-out: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  if (process.env.BULKHEAD_LOCK_OUT_ALONE === undefined) return alone();
  const running: Running[] = [];
  const agents: ChildProcess[] = [];
  const host = await openHost();
  try {
    mkdirSync(agentData);
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', agentData]);
    running.push(await startController());
    agents.push(host.startAgent(join(folder, 'agent.log'), await enrolment()));
    await provision('open', open, 'done');
    await until('the host to be proven', async () => ((await hostRow()).proven ? true : null));
    check('with the open policy everybody is reached', ways.every(host.reaches));
    await byTheAgent(host);
    agents.push(await byTheWatchdog(host, agents.at(-1) as ChildProcess));
    await onAFullDisk(host);
    await bootWithABrokenFile(host, agents.at(-1) as ChildProcess);
  } catch (error) {
    fail(error);
  } finally {
    for (const child of [...agents, ...running.map(({ process: child }) => child)]) child.kill('SIGKILL');
    host.close();
    spawnSync('umount', ['--lazy', agentData]);
    rmSync(folder, { recursive: true, force: true });
  }
  return finish();
}

function alone(): number {
  // The one that is used is made in there.
  rmSync(folder, { recursive: true });
  const words = ['--net', '--mount', '--kill-child', process.execPath, fileURLToPath(import.meta.url)];
  const env = { ...process.env, BULKHEAD_LOCK_OUT_ALONE: '1' };
  return spawnSync('unshare', words, { stdio: 'inherit', env }).status ?? 1;
}

/** Listening on every address it says none of its own, so no lifeline keeps it reachable. */
async function startController(): Promise<Running> {
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `0.0.0.0:${agentsPort}`];
  const controller = start(['up', ...online, ...listen], join(folder, 'controller.log'));
  await until('the controller answers', async () => ((await product(['status', ...online])).code === 0 ? true : null));
  return controller;
}

async function enrolment(): Promise<string[]> {
  const { key } = await answer<{ key: string }>(['pairing-key', 'create', '--name', 'web-1', ...online]);
  return ['--data', agentData, '--controller', `https://${worldAddress}:${agentsPort}`, '--pairing-key', key];
}

const hostRow = () => answer<HostRow>(['hosts', 'web-1', ...online]);
const problemsOf = async () => (await hostRow()).problems.join('; ');

/** The version is stored; hosts are not waited for unless it is to be done. */
async function provision(name: string, policy: string, expected: 'done' | null): Promise<void> {
  mkdirSync(policies, { recursive: true });
  writeFileSync(join(policies, 'policy.yaml'), policy);
  await answer(['draft', 'put', name, join(policies, 'policy.yaml'), ...online]);
  const ran = await product(
    ['provision', name, '--yes', '--timeout', expected === null ? '1' : '60', '--json', ...online],
    {
      seconds: 90,
    },
  );
  if (expected !== null && ran.code !== 0) throw new Error(`${name} was not provisioned: ${ran.stdout}${ran.stderr}`);
}

type Cut = { readonly shut: Way[]; readonly seconds: number };

/** How long the host is cut off, in seconds, from the narrow ruleset in its kernel to the last way that is open again. */
async function cutOff(host: Host, port: number, meanwhile: () => void = () => {}): Promise<Cut> {
  const before = host.generation();
  const provisioning = provision(`shut-${port}`, shut(port), null);
  await until('the narrow ruleset', async () => (host.generation() !== before ? true : null), { seconds: 60 });
  const started = performance.now();
  const shutWays = ways.filter((way) => !host.reaches(way));
  meanwhile();
  await until('everybody to be reached again', async () => (ways.every(host.reaches) ? true : null), { seconds: 120 });
  const seconds = (performance.now() - started) / 1000;
  await provisioning;
  return { shut: shutWays, seconds };
}

async function byTheAgent(host: Host): Promise<void> {
  const before = host.generation();
  const { shut: cut, seconds } = await cutOff(host, 9001);
  check('the policy cuts off controller, name server and administrator', cut.length === 3, cut);
  check(`the host healed in ${seconds.toFixed(1)} s with nobody touching it`, seconds <= mostSeconds, seconds);
  check('it holds what it held', host.generation() === before);
  const problem = await until('the controller to hear of it', async () => {
    const said = await problemsOf();
    return said.includes('rolled back: ') ? said : null;
  });
  check('the host says who was not reached', /the controller at 10\.9\.0\.2 tcp\/8444/.test(problem), problem);
}

async function byTheWatchdog(host: Host, agent: ChildProcess): Promise<ChildProcess> {
  const before = host.generation();
  const { seconds } = await cutOff(host, 9002, () => agent.kill('SIGKILL'));
  check(`killed in the middle, the watchdog healed it in ${seconds.toFixed(1)} s`, seconds <= mostSeconds, seconds);
  check('it holds what it held', host.generation() === before);
  const log = readFileSync(join(folder, 'agent.log'), 'utf8');
  check('the watchdog says so', log.includes('nobody kept the last change of rules'));
  await provision('open-again', open, null);
  const again = host.startAgent(join(folder, 'agent.log'), ['--data', agentData]);
  await until('the agent that comes after it to be proven', async () => ((await hostRow()).proven ? true : null), {
    seconds: 60,
  });
  check('with the open policy everybody is reached', ways.every(host.reaches));
  return again;
}

/** What must be tried out needs room for its undo; what is held is enforced. */
async function onAFullDisk(host: Host): Promise<void> {
  const before = host.generation();
  spawnSync('sh', [
    '-c',
    `dd if=/dev/zero of=${agentData}/fill bs=64k 2>/dev/null; dd if=/dev/zero of=${agentData}/fill2 bs=1 2>/dev/null`,
  ]);
  await provision('shut-3', shut(9003), null);
  const said = await until(
    'the host to say that its disk is full',
    async () => {
      const text = await problemsOf();
      return text.includes('room is needed') ? text : null;
    },
    { seconds: 60 },
  );
  check('on a full disk a narrower ruleset is refused, and the host says why', said.includes('Cannot keep the undo'));
  check('what it held is enforced, and everybody is reached', host.generation() === before && ways.every(host.reaches));
  rmSync(join(agentData, 'fill'), { force: true });
  rmSync(join(agentData, 'fill2'), { force: true });
  await provision('open-after', open, null);
  await until('the host to be proven once there is room', async () => ((await hostRow()).proven ? true : null), {
    seconds: 90,
  });
  check('once there is room it takes what it is sent', ways.every(host.reaches));
}

/** The kernel forgets everything, the file is cut short, and the controller is not asked. */
async function bootWithABrokenFile(host: Host, agent: ChildProcess): Promise<void> {
  const file = join(agentData, 'ruleset.json');
  const boot = () => {
    host.inHost('nft flush ruleset');
    return host.runAgent(['--once', '--data', agentData]);
  };
  agent.kill('SIGTERM');
  await until('the agent to end', async () => (agent.exitCode !== null || agent.signalCode !== null ? true : null));
  const good = boot();
  check('a boot loads the last good ruleset, asking nobody', good.code === 0 && host.generation() !== null, good);
  const generation = host.generation();
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
  const broken = boot();
  const loaded = host.generation();
  check(
    'with a broken file it loads the ruleset before it',
    broken.code === 0 && loaded !== null && loaded < (generation ?? 0),
    {
      broken,
      loaded,
    },
  );
  writeFileSync(`${file}.before`, '{');
  writeFileSync(file, '{');
  const lost = boot();
  check('with both broken it says so and loads nothing', lost.code === 3 && host.generation() === null, lost);
  say('what passes then: everything, until the controller sends the ruleset anew');
}

process.exitCode = await main();
