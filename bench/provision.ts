import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { askController } from './control.ts';
import { end, startBound, until } from './estate.ts';
import type { Bench, Figure } from './figure.ts';

const defaultHosts = 1000;
const churned = 10_000;
/** What the project promises of a thousand hosts, from the request to the acknowledgement of each. */
const aim = 1000;

export const provision: Bench = {
  about: 'simulated agents over TLS: provision to acknowledged without waves, and 10,000 address changes in a second',
  defaultRepeats: 5,
  run: async (repeats, say, { sizes }) => {
    const figures: Figure[] = [];
    for (const hosts of sizes ?? [defaultHosts]) {
      figures.push(...(await withFleet(hosts, say, (fleet) => measure(fleet, repeats))));
    }
    return figures;
  },
};

type Fleet = {
  readonly hosts: number;
  readonly ask: <T>(method: string, path: string, body?: unknown) => Promise<T>;
  readonly tell: <T>(command: string) => Promise<T>;
};

async function withFleet<T>(
  hosts: number,
  say: (text: string) => void,
  work: (fleet: Fleet) => Promise<T>,
): Promise<T> {
  const data = mkdtempSync(join(tmpdir(), 'bulkhead-bench-'));
  const children: ChildProcess[] = [];
  try {
    const doors = ['--listen', '127.0.0.1:0', '--listen-agents', `unix:${data}/agents.sock`];
    children.push(startBound(['up', '--data', data, '--waves', 'off', ...doors]));
    const ask: Fleet['ask'] = (method, path, body) => askController(`${data}/control.sock`, method, path, body);
    await until('the controller to answer', 60, () => ask('GET', '/status'));
    const program = join(import.meta.dirname, '../controller/testkit/fleet.ts');
    const words = ['--pdeathsig', 'TERM', process.execPath, program, data, `${hosts}`];
    const agents = spawn('setpriv', words, { stdio: ['pipe', 'pipe', 'inherit'] });
    children.unshift(agents);
    const lines = createInterface({ input: agents.stdout })[Symbol.asyncIterator]();
    const next = async () => (await lines.next()).value ?? '';
    if ((await next()) !== 'ready') throw new Error('Cannot measure: the agents ended');
    await allHold(ask, hosts);
    say(`${hosts} agents are connected and hold their rulesets`);
    const tell = async (command: string) => {
      agents.stdin.write(`${command}\n`);
      return JSON.parse(await next());
    };
    return await work({ hosts, ask, tell });
  } finally {
    for (const child of children) await end(child);
    rmSync(data, { recursive: true, force: true });
  }
}

const allHold = (ask: Fleet['ask'], hosts: number) =>
  until('every host to hold its ruleset', 120, async () => {
    const { items } = await ask<{ items: readonly { proven: boolean }[] }>('GET', '/hosts?limit=1000');
    return items.length >= Math.min(hosts, 1000) && items.every(({ proven }) => proven) ? true : null;
  });

async function measure({ hosts, ask, tell }: Fleet, repeats: number): Promise<Figure[]> {
  const [each, last]: [number[], number[]] = [[], []];
  for (let round = 0; round < repeats + 1; round++) {
    const took = await provisioned(ask, round);
    // The first one compiles everything for the first time.
    if (round === 0) continue;
    each.push(...took);
    last.push(Math.max(...took));
  }
  const churn = await tell<{ sent: number; settled: number; messages: number }>(`churn ${churned}`);
  const name = (text: string): string => `${hosts} agents: ${text}`;
  return [
    { name: name('provision to acknowledged, each host'), unit: 'ms', shape: 'samples', values: each },
    { name: name('provision to acknowledged, the last host'), unit: 'ms', shape: 'repeats', values: last, most: aim },
    { name: name(`${churned} address changes, sent within`), unit: 'ms', shape: 'samples', values: [churn.sent] },
    {
      name: name(`${churned} address changes, all applied after`),
      unit: 'ms',
      shape: 'samples',
      values: [churn.settled],
    },
    {
      name: name(`${churned} address changes, messages per host`),
      unit: '',
      shape: 'samples',
      values: [churn.messages / hosts],
    },
  ];
}

type Provision = {
  readonly state: string;
  readonly hosts: readonly { readonly state: string; readonly at: string }[];
};

/** Milliseconds from the request to the answer of each host. Every host has something opened and something closed. */
async function provisioned(ask: Fleet['ask'], round: number): Promise<number[]> {
  const files = [{ path: 'bench.yaml', text: policy(5432 + (round % 2)) }];
  await ask('PUT', '/drafts/bench', { files });
  const began = Date.now();
  const { version } = await ask<{ version: number }>('POST', '/drafts/bench/provision', {});
  const done = await until(`version ${version}`, 120, async () => {
    const now = await ask<Provision>('GET', `/provisions/${version}`);
    return now.state === 'running' ? null : now;
  });
  if (done.state !== 'done') throw new Error(`Version ${version} is ${done.state}`);
  return done.hosts.map(({ at }) => Date.parse(at) - began);
}

const policy = (port: number): string => `kind: Ruleset
name: apps
each: [app]
rules:
  - {name: web-to-db, allow: [tcp/${port}], from: role=web, to: role=db}
---
{kind: Mode, selector: "", inbound: enforce, outbound: enforce}
`;
