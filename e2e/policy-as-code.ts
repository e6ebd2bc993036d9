/**
 * Policy that is kept in a repository, on real hosts: merges are gated by what they would break, what is planned is
 * applied exactly and enforced, a stale plan is refused, and a team's pipeline changes its own directory alone.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { traces } from './left-behind.ts';
import {
  answer,
  checks,
  product,
  program,
  type Ran,
  type Running,
  repository,
  said,
  start,
  until,
} from './scenario.ts';
import { policyFiles, readShop } from './shop.ts';

type HostRow = {
  readonly connected: boolean;
  readonly generation: { readonly intended: number; readonly proven: number | null };
};
type Plan = {
  readonly base: { readonly version: number };
  readonly changes: { readonly added: readonly string[] };
  readonly effect: { readonly diff: { readonly opened: Cells; readonly closed: Cells } };
};
type Cells = { readonly cells: number };

const { say, check, fail, finish } = checks('policy-as-code');
const data = mkdtempSync(join(tmpdir(), 'bulkhead-policy-as-code-'));
const run = `/run/bulkhead-lab-e2e-code-${process.pid}`;
const machine = traces(run);
const online = ['--data', data];
const clone = join(data, 'repository');
const managed = readShop().managed.size;
let controller: Running | null = null;
let estate: Running | null = null;

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) {
    console.error('Cannot run policy-as-code: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  try {
    await bringUp();
    await makePipelines();
    await firstPolicy();
    const stale = await planOf('look', { 'teams/shop/stale.yaml': shopRules('stale', 'tcp/81') });
    await badMergeIsStopped();
    await otherTeamIsRefused();
    await goodMergeIsEnforced();
    await stalePlanIsRefused(stale);
    await pulledIsWhatIsInForce();
  } catch (error) {
    fail(error);
  } finally {
    await takeDown();
  }
  return finish();
}

async function bringUp(): Promise<void> {
  const listen = ['--listen', '127.0.0.1:0', '--listen-agents', `unix:${data}/agents.sock`];
  controller = start(['up', '--data', data, ...listen], join(data, 'controller.log'));
  await until('the controller answers', async () => ((await product(['status', ...online])).code === 0 ? true : null));
  const sockets = ['--controller-socket', `${data}/control.sock`, '--agents-socket', `${data}/agents.sock`];
  estate = start(['lab', 'up', '--foreground', ...sockets, '--run', run], join(data, 'lab.log'));
  await said(estate, 'the lab is up', 120);
  machine.lookAround();
  await allProven();
  say(`controller and lab are up, ${managed} agents proven`);
}

/** Waits until every managed host holds, proven, what the controller intends. */
function allProven(): Promise<true> {
  return until(
    'every managed host to be proven',
    async () => {
      const rows = await answer<HostRow[]>(['hosts', ...online]);
      const done = rows.filter(({ connected, generation }) => connected && generation.proven === generation.intended);
      return done.length === managed ? true : null;
    },
    { seconds: 60 },
  );
}

type Pipeline = 'look' | 'deploy' | 'ci-shop' | 'ci-dev';
const roles: readonly (readonly [Pipeline, role: string])[] = [
  ['look', 'viewer'],
  ['deploy', 'admin'],
  ['ci-shop', 'editor'],
  ['ci-dev', 'editor'],
];
const environments = new Map<Pipeline, NodeJS.ProcessEnv>();

/** A token each, and the controller by its address and fingerprint: nothing of the control socket. */
async function makePipelines(): Promise<void> {
  mkdirSync(clone);
  const { consoleAddress, authority } = await answer<{ consoleAddress: string; authority: string }>([
    'status',
    ...online,
  ]);
  for (const [name, role] of roles) {
    const made = await product(['token', 'create', '--name', name, '--role', role, '--expires', '1h', ...online]);
    check(`a token for ${name} alone is on standard output`, /^bht1\.\S+\n$/.test(made.stdout), made);
    environments.set(name, {
      PATH: process.env.PATH ?? '',
      HOME: join(data, 'nobody'),
      BULKHEAD_CONTROLLER: consoleAddress,
      BULKHEAD_FINGERPRINT: authority,
      BULKHEAD_TOKEN: made.stdout.trim(),
    });
  }
  const wrong = await asPipeline('look', ['status'], { BULKHEAD_FINGERPRINT: 'ab'.repeat(32) });
  check('a controller of another authority is told nothing', wrong.code === 3 && wrong.stderr.includes('fingerprint'));
}

const asPipeline = (name: Pipeline, args: readonly string[], more: NodeJS.ProcessEnv = {}): Promise<Ran> =>
  product(args, { cwd: clone, env: { ...environments.get(name), ...more } });

async function git(...args: string[]): Promise<Ran> {
  const named = ['-c', 'user.name=pipeline', '-c', 'user.email=pipeline@localhost', ...args];
  const env = { PATH: process.env.PATH, HOME: data, GIT_CONFIG_NOSYSTEM: '1' };
  const ran = await program('git', named, { cwd: clone, env });
  if (ran.code !== 0) throw new Error(`git ${args.join(' ')} exited ${ran.code}: ${ran.stderr}`);
  return ran;
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), text);
  }
}

/** On a branch of its own, from main. */
async function branch(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  await git('checkout', '--quiet', '-b', name, 'main');
  write(files);
  await git('add', '--all');
  await git('commit', '--quiet', '-m', name);
}

const ownership = `{kind: Ownership, name: shop, directory: teams/shop, scope: "app=shop,env=prod", owners: [ci-shop]}
---
{kind: Ownership, name: dev, directory: teams/dev, scope: env=dev, owners: [ci-dev]}
`;

const shopRules = (name: string, service: string) =>
  `kind: Ruleset
name: ${name}
scopes: ["app=shop,env=prod"]
rules:
  - {name: web-to-web, allow: [${service}], from: role=web, to: role=web}
`;

const inPolicy = (files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([path, text]) => [`policy/${path}`, text]));

/** Main as the controller gets it first: the example policy, enforced, and two teams. */
async function firstPolicy(): Promise<void> {
  await git('init', '--quiet', '--initial-branch', 'main');
  const files = Object.fromEntries(policyFiles('enforce').map(({ path, text }) => [path, text]));
  write(inPolicy({ ...files, 'ownership.yaml': ownership, 'teams/dev/rules.yaml': devRules }));
  await git('add', '--all');
  await git('commit', '--quiet', '-m', 'the policy');
  const formatted = await asPipeline('look', ['policy', 'fmt', '--check', 'policy']);
  check('the files of the example are formatted', formatted.code === 0, formatted.stdout);
  const applied = await planAndApply('deploy', 'first.json');
  check('the first policy is planned and applied', applied.code === 0, applied.stderr);
  await allProven();
  check('web-1 does not reach web-2 yet', (await connect('web-1 web-2 tcp/80')) === 'filtered');
}

const devRules = `kind: Ruleset
name: team-dev
scopes: [env=dev]
rules:
  - {name: web-to-web, allow: [tcp/80], from: role=web, to: role=web}
`;

async function planAndApply(name: Pipeline, file: string): Promise<Ran> {
  const plan = join(data, file);
  const planned = await asPipeline(name, ['policy', 'plan', 'policy', '--out', plan]);
  return planned.code === 0 ? asPipeline(name, ['policy', 'apply', plan, '--yes', '--note', file]) : planned;
}

/** A plan of main with files laid over it, made by a pipeline that may only look; main is as before. */
async function planOf(name: Pipeline, files: Readonly<Record<string, string>>): Promise<string> {
  const file = join(data, 'stale.json');
  await branch('stale', inPolicy(files));
  const planned = await asPipeline(name, ['policy', 'plan', 'policy', '--out', file]);
  check('who may only look may plan', planned.code === 0, planned.stderr);
  await git('checkout', '--quiet', 'main');
  return file;
}

/** What a host of code does with a merge request: merge, ask, and take it back when the answer is no. */
async function gate(name: string): Promise<Ran> {
  await git('checkout', '--quiet', 'main');
  await git('merge', '--quiet', '--no-ff', '--no-commit', name);
  const asked = await asPipeline('look', ['policy', 'plan', 'policy', '--markdown']);
  if (asked.code === 0) await git('commit', '--quiet', '-m', `merge ${name}`);
  else await git('merge', '--abort');
  return asked;
}

/** From development into production, for a moment. */
const debugRules = `kind: Ruleset
name: debug
rules:
  - {name: api, allow: [tcp/8080], from: "role=web,env=dev", to: "role=api,env=prod"}
`;

async function badMergeIsStopped(): Promise<void> {
  const read = (name: string) => readFileSync(join(clone, 'policy', name), 'utf8');
  const opened = read('guardrails.yaml').replace(/^.*name: dev-never-prod.*\n/m, '');
  const tests = read('tests.yaml').replace(/^.*dev-web-1 -> api-1.*\n/m, '');
  await branch('break', inPolicy({ 'guardrails.yaml': opened, 'debug.yaml': debugRules, 'tests.yaml': tests }));
  const asked = await gate('break');
  const example = /`dev-never-prod` \| `dev-web-1(@\S+)? -> api-1(@\S+)? tcp\/8080`/;
  check('a merge that breaks an invariant ends with 1', asked.code === 1, asked.code);
  check('and its report names the connection that would pass', example.test(asked.stdout), asked.stdout.slice(0, 2000));
  await git('worktree', 'add', '--quiet', '--detach', join(data, 'main'), 'main');
  const files = ['--estate', join(repository, 'examples/estate'), '--base', join(data, 'main/policy')];
  await git('checkout', '--quiet', 'break');
  const offline = await product(['policy', 'plan', 'policy', ...files, '--markdown'], { cwd: clone });
  check('the same is said without a controller', offline.code === 1 && example.test(offline.stdout), offline.stderr);
  const plan = join(data, 'break.json');
  const planned = await asPipeline('deploy', ['policy', 'plan', 'policy', '--out', plan]);
  const applied = await asPipeline('deploy', ['policy', 'apply', plan, '--yes']);
  const codes = [planned.code, applied.code];
  check('whoever plans and applies it all the same is refused', codes.join() === '1,1', applied.stderr);
  await git('checkout', '--quiet', 'main');
  const { version } = await answer<{ version: { number: number } }>(['status', ...online]);
  check('nothing came into force', version.number === 1, version);
}

async function otherTeamIsRefused(): Promise<void> {
  await branch('other', inPolicy({ 'teams/shop/rules.yaml': shopRules('team-shop', 'tcp/80') }));
  const refused = await planAndApply('ci-dev', 'other.json');
  const named = ['teams/shop/rules.yaml', 'app=shop,env=prod', 'ci-shop'].every((text) =>
    refused.stderr.includes(text),
  );
  check("a team's pipeline cannot change another team's directory", refused.code === 3 && named, refused.stderr);
  await git('checkout', '--quiet', 'main');
  await branch('steal', inPolicy({ 'ownership.yaml': ownership.replace('[ci-shop]', '[ci-shop, ci-dev]') }));
  const stolen = await planAndApply('ci-dev', 'steal.json');
  check('nor who owns it', stolen.code === 3 && stolen.stderr.includes('ownership.yaml'), stolen.stderr);
  await git('checkout', '--quiet', 'main');
  await branch(
    'reach',
    inPolicy({
      'teams/dev/rules.yaml': devRules.replace('to: role=web', 'to: {selector: "role=web,env=prod", scope: none}'),
    }),
  );
  const reached = await planAndApply('ci-dev', 'reach.json');
  check('nor speak for its workloads', reached.code === 2 && reached.stderr.includes('outside-scope'), reached.stderr);
  await git('checkout', '--quiet', 'main');
  const drafts = await answer<unknown[]>(['draft', 'list', ...online]);
  check('no draft was left behind', drafts.length === 0, drafts);
}

async function goodMergeIsEnforced(): Promise<void> {
  await branch('good', inPolicy({ 'teams/shop/rules.yaml': shopRules('team-shop', 'tcp/80') }));
  const asked = await gate('good');
  check('a good merge passes its gate', asked.code === 0, asked.stdout.slice(0, 2000));
  const planned = await asPipeline('ci-shop', ['policy', 'plan', 'policy', '--out', join(data, 'good.json'), '--json']);
  const { base, changes, effect } = JSON.parse(planned.stdout) as Plan;
  const { opened, closed } = effect.diff;
  check(
    'the plan opens two cells, from each web server to the other, and closes none',
    base.version === 1 && opened.cells === 2 && closed.cells === 0 && changes.added[0] === 'teams/shop/rules.yaml',
    { base, changes, opened: opened.cells, closed: closed.cells },
  );
  const before = ['policy', 'plan', join(data, 'main/policy'), '--expect-same'];
  const same = await asPipeline('ci-shop', before);
  check('what is in force is what main had before', same.code === 0, same.stdout);
  const applied = await asPipeline('ci-shop', ['policy', 'apply', join(data, 'good.json'), '--yes']);
  check('it is applied by the pipeline of its team', applied.code === 0, applied.stderr);
  const since = await asPipeline('ci-shop', before);
  const named = since.stdout.includes('removed  teams/shop/rules.yaml');
  check('a job of an earlier merge that is run again ends, and says what came since', since.code === 1 && named, since);
  await allProven();
  check('and now web-1 reaches web-2', (await connect('web-1 web-2 tcp/80')) === 'open');
  check('and nothing else', (await connect('web-1 db-1 tcp/5432')) === 'filtered');
  const again = await asPipeline('ci-shop', ['policy', 'apply', join(data, 'good.json'), '--yes']);
  check('applied again it is in force already', again.code === 0 && again.stdout.includes('nothing to do'), again);
  const entries = await answer<{ action: string; actor: string }[]>(['audit', '--limit', '1', ...online]);
  check('the audit log says who', entries[0]?.actor === 'token:ci-shop', entries);
}

async function connect(line: string): Promise<string> {
  const ran = await product(['lab', 'connect', ...line.split(' '), '--run', run, '--json']);
  return (JSON.parse(ran.stdout) as { state: string }).state;
}

async function stalePlanIsRefused(file: string): Promise<void> {
  const applied = await asPipeline('ci-shop', ['policy', 'apply', file, '--yes']);
  const says = applied.stderr.includes('version 2 by token:ci-shop') && applied.stderr.includes('made for version 1');
  check(
    'a plan for an earlier version is refused, by which version is said',
    applied.code === 1 && says,
    applied.stderr,
  );
  const revoked = await product(['token', 'revoke', 'ci-shop', ...online]);
  const refused = await asPipeline('ci-shop', ['status']);
  check('a revoked token is of no use', revoked.code === 0 && refused.code === 3, refused.stderr);
}

async function pulledIsWhatIsInForce(): Promise<void> {
  const pulled = await asPipeline('look', ['policy', 'pull', join(data, 'pulled')]);
  check('what is in force is pulled', pulled.code === 0, pulled.stderr);
  const same = await asPipeline('look', ['policy', 'plan', join(data, 'pulled'), '--expect-none', '--json']);
  const { content, base } = JSON.parse(same.stdout) as { content: { hash: string }; base: { hash: string } };
  check('and it is exactly that', same.code === 0 && content.hash === base.hash, same);
  const repositorySame = await asPipeline('look', ['policy', 'plan', 'policy', '--expect-none']);
  check('as main is', repositorySame.code === 0, repositorySame.stdout);
}

/** A controller that still writes would put back what is removed. */
async function ended(running: Running | null): Promise<void> {
  if (running === null) return;
  const { process: child } = running;
  child.kill('SIGTERM');
  await until(`${running.log} to end`, async () =>
    child.exitCode !== null || child.signalCode !== null ? true : null,
  );
}

async function takeDown(): Promise<void> {
  await product(['lab', 'down', '--run', run]);
  for (const one of [estate, controller]) await ended(one);
  const left = machine.left();
  check('nothing is left behind', left.length === 0, left);
  if (process.env.BULKHEAD_KEEP === undefined) rmSync(data, { recursive: true, force: true });
  else say(`kept ${data}`);
}

process.exit(await main());
