/**
 * Certificates of a few seconds: a real agent renews its own again and again under a real controller, and what it
 * enforces stays as it was loaded. Then the controller is away for longer than a certificate is good.
 */
import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { answer, checks, product, type Running, start, until } from './scenario.ts';

/** Of `state.json`, see agent/README.md. */
type AgentState = {
  readonly pid: number;
  readonly connected: boolean;
  readonly proven: boolean;
  readonly generation: number;
  readonly certificate: { readonly problem: string | null } | null;
};
type HostRow = {
  readonly connected: boolean;
  readonly generation: { readonly intended: number; readonly applied: number; readonly proven: number };
  readonly lost: number | null;
};

const lifetimeSeconds = 12;
const agentsPort = 8444;
const { say, check, fail, finish } = checks('renewal');
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-renewal-'));
const [controllerData, agentData] = [join(folder, 'controller'), join(folder, 'agent')];
const online = ['--data', controllerData];

/** In a network namespace of its own, so that agent and port are alone there. */
async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run renewal: not root, uid 0 is needed for a network namespace and nftables');
    return 3;
  }
  if (process.env.BULKHEAD_RENEWAL_ALONE === undefined) return alone();
  spawnSync('ip', ['link', 'set', 'lo', 'up']);
  const running: Running[] = [];
  try {
    running.push(await startController());
    running.push(startAgent(await pairingKey()));
    await untilProven();
    await renewsAgainAndAgain();
    await outlivesItsCertificate(running);
  } catch (error) {
    fail(error);
  } finally {
    for (const { process: child } of running) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
  return finish();
}

function alone(): number {
  // The one that is used is made in there.
  rmSync(folder, { recursive: true });
  const words = ['--net', '--kill-child', process.execPath, fileURLToPath(import.meta.url)];
  const env = { ...process.env, BULKHEAD_RENEWAL_ALONE: '1' };
  return spawnSync('unshare', words, { stdio: 'inherit', env }).status ?? 1;
}

async function startController(): Promise<Running> {
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `127.0.0.1:${agentsPort}`];
  const lifetime = ['--certificate-lifetime', `${lifetimeSeconds}s`];
  const controller = start(['up', ...online, ...listen, ...lifetime], join(folder, 'controller.log'));
  await until('the controller answers', async () => ((await product(['status', ...online])).code === 0 ? true : null));
  return controller;
}

const pairingKey = async (...more: readonly string[]): Promise<string> =>
  (await answer<{ key: string }>(['pairing-key', 'create', '--name', 'web-1', ...more, ...online])).key;

const startAgent = (key: string): Running =>
  start(
    ['agent', '--data', agentData, '--controller', `https://127.0.0.1:${agentsPort}`, '--pairing-key', key],
    join(folder, 'agent.log'),
  );

const agentState = (): AgentState => JSON.parse(readFileSync(join(agentData, 'state.json'), 'utf8'));
const host = () => answer<HostRow>(['hosts', 'web-1', ...online]);

const untilProven = () =>
  until('the host to be proven', async () => {
    const { connected, proven, certificate } = agentState();
    return connected && proven && certificate?.problem === null ? true : null;
  });

/** With the kernel's own numbers of tables, chains and rules: another load would give others. */
function kernelTable(): string {
  const { status, stdout } = spawnSync('nft', ['--handle', '--terse', 'list', 'table', 'inet', 'bulkhead']);
  return status === 0 ? String(stdout).replaceAll(/packets \d+ bytes \d+/g, '') : 'no table';
}

async function renewsAgainAndAgain(): Promise<void> {
  const [before, table] = [agentState(), kernelTable()];
  check('the kernel holds the rules', table.includes('chain'), table);
  let pair = readPair();
  for (let renewals = 0; renewals < 3; renewals++) pair = await untilRenewed(pair);
  const { connected, generation, lost } = await host();
  check('it is the same process', agentState().pid === before.pid);
  check('the controller calls it connected and proven', connected && generation.proven === generation.intended);
  check('nothing was lost', lost === 0, lost);
  check('nothing was loaded again', agentState().generation === before.generation && kernelTable() === table);
}

type Pair = { readonly key: string; readonly cert: string; readonly serial: string };

function readPair(): Pair {
  const [key, cert] = [
    readFileSync(join(agentData, 'agent.key'), 'utf8'),
    readFileSync(join(agentData, 'agent.crt'), 'utf8'),
  ];
  return { key, cert, serial: new X509Certificate(cert).serialNumber };
}

/** The old pair is not expired yet when the new one is used: only that it was replaced can be why it is refused. */
async function untilRenewed(old: Pair): Promise<Pair> {
  const pair = await until(
    'another certificate',
    async () => {
      const now = readPair();
      return now.serial !== old.serial ? now : null;
    },
    { seconds: 2 * lifetimeSeconds },
  );
  await untilProven();
  const refused = await until('the old certificate to be refused', async () => {
    const answered = await renewWith(old);
    return answered.startsWith('403') ? answered : null;
  });
  check('a renewed certificate ends the one before', refused.includes('certificate-revoked'), refused);
  return pair;
}

/** The answer to a renewal with a certificate of the caller's. */
function renewWith({ key, cert }: Pair): Promise<string> {
  const options = { host: '127.0.0.1', port: agentsPort, method: 'POST', path: '/renew', rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const call = request({ ...options, key, cert }, (response) => {
      let text = '';
      response.on('data', (piece) => {
        text += piece;
      });
      response.on('end', () => resolve(`${response.statusCode} ${text}`));
    });
    call.on('error', reject);
    call.end('{}');
  });
}

async function outlivesItsCertificate(running: Running[]): Promise<void> {
  const table = kernelTable();
  running[0]?.process.kill('SIGKILL');
  say('the controller is killed');
  const problem = await until('the certificate to expire', async () => agentState().certificate?.problem ?? null, {
    seconds: 2 * lifetimeSeconds,
  });
  check(
    'the agent says that its certificate expired and what to do',
    /expired.*pairing-key create/.test(problem),
    problem,
  );
  check('what was loaded is still enforced', kernelTable() === table);
  running.push(await startController());
  const log = () => readFileSync(join(folder, 'agent.log'), 'utf8');
  check('the log says so once', log().split('the certificate expired at').length === 2);
  await delay(3000);
  check('the controller lets nobody in with it', !(await host()).connected);
  running[1]?.process.kill('SIGTERM');
  running.push(startAgent(await pairingKey('--replace')));
  await untilProven();
  check('a new pairing key brings it back', (await host()).connected);
}

process.exitCode = await main();
