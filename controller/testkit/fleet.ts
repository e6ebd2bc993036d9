import { createInterface } from 'node:readline';
import { eventually } from './eventually.ts';
import { enrolWith, FakeAgent } from './fake-agent.ts';
import { controlRequest } from './test-controller.ts';

/**
 * Run as a process of its own, `fleet.ts DATA HOSTS`: that many agents without a kernel, each with a TLS session of its
 * own, half of them `role=web` and half `role=db` in apps of twenty. Says `ready`, then takes commands, one a line, and
 * answers each with a line of JSON: `churn N` changes N addresses within about a second, `received` says what came.
 */
const hostsPerApp = 20;
/** Enrolments at once. */
const together = 8;

async function main(data: string, count: number): Promise<void> {
  const numbers = Array.from({ length: count }, (_, n) => n);
  const agents: FakeAgent[] = [];
  for (let start = 0; start < count; start += together) {
    agents.push(...(await Promise.all(numbers.slice(start, start + together).map((n) => enrol(data, n)))));
  }
  process.stdout.write('ready\n');
  for await (const line of createInterface({ input: process.stdin })) {
    const [command, number] = line.split(' ');
    const answer = command === 'churn' ? await churn(agents, Number(number)) : { received: receivedBy(agents) };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  for (const agent of agents) agent.cut();
}

async function enrol(data: string, n: number): Promise<FakeAgent> {
  const app = `app-${Math.floor(n / hostsPerApp)}`;
  const name = `${app}-${n % 2 === 0 ? 'web' : 'db'}-${n}`;
  const labels = { app, role: n % 2 === 0 ? 'web' : 'db' };
  const asked = { method: 'POST', path: '/pairing-keys', body: { name, labels } };
  const { body } = await controlRequest(`${data}/control.sock`, asked);
  const socket = `${data}/agents.sock`;
  const agent = new FakeAgent(socket, await enrolWith(socket, body.key, name));
  await agent.connect([own(n)]);
  return agent;
}

const own = (n: number): string => `10.1.${n >> 8}.${n & 255}`;
const receivedBy = (agents: readonly FakeAgent[]): number =>
  agents.reduce((sum, agent) => sum + agent.rulesets().length, 0);

/**
 * Every agent gets a second address and then another one for it, in turns, until so many have come. Settled: every `db`
 * holds the last address of the `web` beside it.
 */
async function churn(agents: readonly FakeAgent[], changes: number): Promise<object> {
  const before = receivedBy(agents);
  const last = new Map<number, string>();
  const began = performance.now();
  for (let change = 0; change < changes; change++) {
    const n = change % agents.length;
    const address = `10.${2 + (Math.floor(change / agents.length) % 200)}.${n >> 8}.${n & 255}`;
    agents[n]?.inventory([own(n), address]);
    last.set(n, address);
    // As fast as a second allows, in pieces that let answers through.
    if (change % 100 === 99) await new Promise((resolve) => setTimeout(resolve, (100_000 / changes) * 0.8));
  }
  const sent = performance.now() - began;
  const isSettled = ([n, wanted]: [number, string]): boolean =>
    n % 2 === 1 || agents[n + 1]?.held?.content.addresses.some(({ address }) => address === wanted) !== false;
  await eventually('every change to arrive', () => [...last].every(isSettled), 120_000);
  return { sent, settled: performance.now() - began, messages: receivedBy(agents) - before };
}

if (import.meta.main) await main(process.argv[2] ?? '', Number(process.argv[3]));
