/**
 * A real kube-apiserver with its own etcd, a controller that watches it with the role in docs/ and nothing more, and a
 * real agent whose kernel has to know the pods: how soon they are there, and that none is missed or left over when the
 * API server is killed, the controller is away, or the token is refused.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { ApiServer, isBuilt } from './kubernetes/api-server.ts';
import * as objects from './kubernetes/objects.ts';
import { answer, checks, product, type Running, repository, start, until } from './scenario.ts';

const { say, check, fail, finish } = checks('kubernetes');
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-kubernetes-'));
const [controllerData, agentData, controllerLog] = ['controller', 'agent', 'controller.log'].map((name) =>
  join(folder, name),
) as [string, string, string];
const online = ['--data', controllerData];
const agentsPort = 8444;
const bursts = Number(process.env.BULKHEAD_KUBERNETES_PODS ?? 300);

const policy = `kind: Ruleset
name: shop
rules:
  - {name: shop-to-db, allow: [tcp/5432], from: "kubernetes:cluster=prod,namespace:team=shop", to: role=db}
---
{kind: Mode, selector: "", inbound: enforce, outbound: enforce}
`;

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run kubernetes: not root, uid 0 is needed for a network namespace and nftables');
    return 3;
  }
  if (!isBuilt()) {
    console.error('Cannot run kubernetes: there is no kube-apiserver, build one with sh tools/build-kube-apiserver.sh');
    return 3;
  }
  if (process.env.BULKHEAD_KUBERNETES_ALONE === undefined) return alone();
  spawnSync('ip', ['link', 'set', 'lo', 'up']);
  const running: Running[] = [];
  let api: ApiServer | null = null;
  try {
    api = await ApiServer.start(join(folder, 'cluster'));
    const token = await theRoleIsEnoughAndNoMore(api);
    running.push(await startController(api.kubeconfig(token, 'kubeconfig')));
    running.push(await startAgent());
    await podsReachTheKernel(api);
    await aNamespaceIsRelabelled(api);
    await theServerIsKilled(api);
    await manyPodsComeAndGo(api);
    await theControllerIsAway(api, running);
    const second = await theTokenIsRefused(api);
    noTokenIsTold([token, second]);
  } catch (error) {
    fail(error);
  } finally {
    for (const { process: child } of running) child.kill('SIGKILL');
    await api?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return finish();
}

function alone(): number {
  // The one that is used is made in there.
  rmSync(folder, { recursive: true });
  const words = ['--net', '--kill-child', process.execPath, fileURLToPath(import.meta.url)];
  const env = { ...process.env, BULKHEAD_KUBERNETES_ALONE: '1' };
  return spawnSync('unshare', words, { stdio: 'inherit', env }).status ?? 1;
}

/** What everybody may do who is known at all: ask what they may do, and read what the server says of itself. */
const everybodys = /^selfsubject(access|rules)reviews$/;
const forbidden: readonly (readonly [method: string, path: string])[] = [
  ['GET', '/api/v1/secrets'],
  ['GET', '/api/v1/namespaces/kube-system/secrets'],
  ['GET', '/api/v1/configmaps'],
  ['GET', '/api/v1/services'],
  ['GET', '/api/v1/namespaces/default'],
  ['GET', '/apis/networking.k8s.io/v1/networkpolicies'],
  ['POST', '/api/v1/namespaces/default/pods'],
  ['DELETE', '/api/v1/nodes/node-1'],
];

async function theRoleIsEnoughAndNoMore(api: ApiServer): Promise<string> {
  const manifest = parseAllDocuments(readFileSync(join(repository, 'docs/kubernetes-role.yaml'), 'utf8'));
  await objects.create(
    api,
    manifest.map((document) => document.toJS()),
  );
  const token = await objects.accountToken(api);
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectRulesReview',
    spec: { namespace: 'default' },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews';
  const granted = await until('the role to hold', async () => {
    const { body } = await api.call('POST', path, review, token);
    const rules: readonly { resources: string[]; verbs: string[] }[] = body.status?.resourceRules ?? [];
    const own = rules.filter(({ resources }) => !resources.every((one) => everybodys.test(one)));
    return own.length > 0 ? own.map(({ resources, verbs }) => `${resources.sort()} ${verbs.sort()}`) : null;
  });
  check(
    'the role grants lists and watches of three kinds and nothing else',
    String(granted) === 'namespaces,nodes,pods list,watch',
    granted,
  );
  const statuses: number[] = [];
  for (const [method, asked] of forbidden)
    statuses.push((await api.call(method, asked, method === 'POST' ? {} : undefined, token)).status);
  check(
    'everything else is forbidden, secrets first',
    statuses.every((status) => status === 403),
    statuses,
  );
  return token;
}

async function startController(kubeconfig: string): Promise<Running> {
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `127.0.0.1:${agentsPort}`];
  const controller = start(['up', ...online, ...listen, '--kubernetes', `prod=${kubeconfig}`], controllerLog);
  await until('the cluster to be watched', async () => ((await cluster()).state === 'watching' ? true : null));
  return controller;
}

type ClusterRow = {
  readonly name: string;
  readonly state: string;
  readonly staleSince: string | null;
  readonly relists: number;
  readonly problems: readonly string[];
};
const cluster = async (): Promise<ClusterRow> => {
  const { clusters } = await answer<{ clusters: readonly ClusterRow[] }>(['status', ...online]);
  const [row] = clusters;
  if (row === undefined) throw new Error('The controller watches no cluster');
  return row;
};
const containers = async (): Promise<string[]> => {
  const all = await answer<readonly { name: string; kind: string }[]>(['workload', 'list', ...online]);
  return all
    .filter(({ kind }) => kind === 'container')
    .map(({ name }) => name)
    .sort();
};

/** Elements of sets and maps of our own table, as the kernel has them. */
const kernelHas = (address: string): boolean =>
  String(spawnSync('nft', ['list', 'table', 'inet', 'bulkhead']).stdout).includes(`${address} `);

/** Milliseconds until the kernel has the address, or has it no more. */
async function untilKernel(address: string, present: boolean): Promise<number> {
  const began = performance.now();
  while (kernelHas(address) !== present) {
    if (performance.now() - began > 20_000)
      throw new Error(`Waited 20 s for ${address} to be ${present ? 'in' : 'out of'} the kernel`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return performance.now() - began;
}

async function startAgent(): Promise<Running> {
  const named = ['--name', 'db-1', '--label', 'role=db'];
  const { key } = await answer<{ key: string }>(['pairing-key', 'create', ...named, ...online]);
  const reached = ['--controller', `https://127.0.0.1:${agentsPort}`, '--pairing-key', key];
  return start(['agent', '--data', agentData, ...reached], join(folder, 'agent.log'));
}

async function podsReachTheKernel(api: ApiServer): Promise<void> {
  await objects.must('make the node', api.call('POST', '/api/v1/nodes', { metadata: { name: 'node-1' } }));
  await objects.putNamespace(api, 'shop', { team: 'shop' });
  await objects.putNamespace(api, 'bank', { team: 'bank' });
  await until('the host', async () => ((await product(['hosts', 'db-1', ...online])).code === 0 ? true : null));
  writeFileSync(join(folder, 'policy.yaml'), policy);
  await answer(['draft', 'put', 'shop', join(folder, 'policy.yaml'), ...online]);
  await answer(['provision', 'shop', '--yes', ...online]);
  const took: number[] = [];
  for (let index = 1; index <= 30; index++) {
    const address = `10.244.0.${index}`;
    await objects.putPod(api, { namespace: 'shop', name: `web-${index}`, address });
    took.push(await untilKernel(address, true));
  }
  took.sort((a, b) => a - b);
  const [median = 0, most = 0] = [took[15], took.at(-1)];
  say(
    `answer of the API server to kernel of a host: median ${median.toFixed(0)} ms, most ${most.toFixed(0)} ms of ${took.length}`,
  );
  check('a new pod is in the kernel of the host within a second', most < 1000, took);
  await objects.putPod(api, { namespace: 'bank', name: 'teller', address: '10.244.1.1' });
  await objects.removePod(api, 'shop', 'web-1');
  check('a pod that goes leaves the kernel within a second', (await untilKernel('10.244.0.1', false)) < 1000);
  check(
    'a pod that no rule names is not in it',
    !kernelHas('10.244.1.1') && (await containers()).includes('bank/teller'),
  );
}

async function aNamespaceIsRelabelled(api: ApiServer): Promise<void> {
  await objects.labelNamespace(api, 'shop', { team: 'other' });
  const out = await untilKernel('10.244.0.2', false);
  check(
    'another label of a namespace takes all its pods out in one change',
    out < 1000 && !kernelHas('10.244.0.30'),
    out,
  );
  await objects.labelNamespace(api, 'shop', { team: 'shop' });
  await untilKernel('10.244.0.30', true);
  check('and brings them all back', kernelHas('10.244.0.2'));
}

async function theServerIsKilled(api: ApiServer): Promise<void> {
  await api.stopServer();
  const { problems } = await until('the cluster to be stale', async () => {
    const row = await cluster();
    return row.state === 'stale' ? row : null;
  });
  check(
    'it is said that the API server cannot be reached',
    problems.some((text) => text.includes('cannot be reached')),
    problems,
  );
  check('what is known of the cluster stays', kernelHas('10.244.0.2'));
  await api.startServer();
  await objects.removePod(api, 'shop', 'web-2');
  await until('the cluster to be watched again', async () => ((await cluster()).state === 'watching' ? true : null), {
    seconds: 60,
  });
  await untilKernel('10.244.0.2', false);
  check('the pods are those of the server', await isSame(api));
  say(`lists beyond the first since the start: ${(await cluster()).relists}`);
}

const isSame = async (api: ApiServer): Promise<boolean> =>
  String(await containers()) === String(await objects.podNames(api));
const untilSame = (api: ApiServer, seconds = 60) =>
  until('the estate to have the pods of the server', async () => ((await isSame(api)) ? true : null), { seconds });

/** Half of them go again, and the server is killed in the middle of it. */
async function manyPodsComeAndGo(api: ApiServer): Promise<void> {
  const made = Array.from({ length: bursts }, (_, index) => `burst-${index}`);
  const half = made.slice(0, bursts / 2);
  const make = async (names: readonly string[], from: number) => {
    for (const [index, name] of names.entries()) {
      const address = `10.245.${(from + index) >> 8}.${(from + index) & 255}`;
      await objects.putPod(api, { namespace: 'shop', name, address });
      if (index % 2 === 1) await objects.removePod(api, 'shop', name);
    }
  };
  await make(half, 0);
  await api.stopServer();
  await api.startServer();
  await make(made.slice(half.length), half.length);
  const began = performance.now();
  await untilSame(api);
  say(
    `${bursts} pods came, half of them went, the server was killed: the same ${(performance.now() - began).toFixed(0)} ms later`,
  );
  check('no pod is missed and none is left over', await isSame(api));
  await untilKernel('10.245.0.0', true);
  check('the kernel has those that stay and none that went', kernelHas('10.245.0.2') && !kernelHas('10.245.0.1'));
}

async function theControllerIsAway(api: ApiServer, running: Running[]): Promise<void> {
  running[0]?.process.kill('SIGKILL');
  await objects.removePod(api, 'shop', 'web-3');
  await objects.putPod(api, { namespace: 'shop', name: 'web-new', address: '10.244.0.99' });
  await api.stopServer();
  const kubeconfig = join(folder, 'cluster/kubeconfig');
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `127.0.0.1:${agentsPort}`];
  running[0] = start(['up', ...online, ...listen, '--kubernetes', `prod=${kubeconfig}`], controllerLog);
  await until('the controller to be back', async () => ((await cluster()).problems.length > 0 ? true : null));
  check('without the API its pods stay after a restart', (await containers()).includes('shop/web-3'));
  await api.startServer();
  await untilKernel('10.244.0.3', false);
  await untilKernel('10.244.0.99', true);
  check('then those that vanished meanwhile are gone, and new ones are there', await isSame(api));
}

async function theTokenIsRefused(api: ApiServer): Promise<string> {
  await objects.must('remove the account', api.call('DELETE', `${objects.account}/bulkhead-watch`));
  await api.stopServer();
  await api.startServer();
  const row = await until(
    'the token to be refused',
    async () => {
      const now = await cluster();
      return now.problems.some((text) => text.includes('401')) ? now : null;
    },
    { seconds: 60 },
  );
  check(
    'a refused token is said and stale, and the pods stay',
    row.state === 'stale' && (await containers()).includes('shop/web-new'),
  );
  const again = {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'bulkhead-watch', namespace: 'bulkhead' },
  };
  await objects.create(api, [again]);
  const token = await objects.accountToken(api);
  api.kubeconfig(token, 'kubeconfig');
  await objects.putPod(api, { namespace: 'shop', name: 'web-late', address: '10.244.0.100' });
  await untilSame(api);
  check('a new token in the kubeconfig is enough to go on', (await containers()).includes('shop/web-late'));
  return token;
}

function noTokenIsTold(tokens: readonly string[]): void {
  const log = readFileSync(controllerLog, 'utf8');
  const parts = tokens.flatMap((token) => token.split('.')).filter((part) => part.length > 20);
  const isTold = ['the cluster is watched', 'what is known of it stays'].every((text) => log.includes(text));
  check('the log says when the cluster is watched and when not', isTold);
  check('no token is in the log', parts.length > 0 && parts.every((part) => !log.includes(part)));
}

process.exitCode = await main();
