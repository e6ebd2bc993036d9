import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { until } from '../scenario.ts';
import type { Day } from './day.ts';
import { tryOut } from './endpoint.ts';
import { enforced } from './estate.ts';

/** Every pod changes its address so many times. */
const [pods, rounds] = [1000, 10];
const perNetwork = 250;
const networksPerRound = pods / perNetwork;
/** Above the controller's before it: what a list of ten thousand changes would take, and what it may. */
const mostGrowth = 150 * 1024;

const text = `${enforced}---
kind: Ruleset
name: pods
rules: [{name: web, allow: [tcp/80], from: role=pod, to: role=server}]
`;

const addressOf = (pod: number, round: number): string =>
  `10.9.${16 + round * networksPerRound + Math.floor(pod / perNetwork)}.${1 + (pod % perNetwork)}`;

function csvOf(round: number): string {
  const lines = Array.from({ length: pods }, (_, pod) => `pod-${pod},${addressOf(pod, round)},pod`);
  return ['name,addresses,role', ...lines, ''].join('\n');
}

function post(socketPath: string, csv: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/csv' };
    const call = request({ socketPath, method: 'POST', path: '/api/v1/workloads/import', headers }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    call.on('error', reject);
    call.end(csv);
  });
}

const residentKilobytes = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);

export async function addressStorm({ estate, check, say }: Day): Promise<void> {
  await estate.open(['server-1'], text);
  const server = estate.host('server-1');
  const socket = join(estate.folder, 'controller', 'control.sock');
  await post(socket, csvOf(0));
  server.inside('ip route add 10.9.0.0/16 dev eth0');
  const holds = (wanted: string) => {
    const listed = server.inside('nft list table inet bulkhead');
    return listed.includes(`${wanted} `);
  };
  await until('the first addresses', async () => (holds(addressOf(pods - 1, 0)) ? true : null));
  await estate.allProven();
  const [memory, generation] = [residentKilobytes(estate.controllerPid), server.generation ?? 0];
  const began = performance.now();
  const codes: number[] = [];
  for (let round = 1; round <= rounds; round++) codes.push(await post(socket, csvOf(round)));
  const taken = performance.now() - began;
  const last = addressOf(pods - 1, rounds);
  await until('the last address in the kernel', async () => (holds(last) ? true : null), { seconds: 60 });
  const held = performance.now() - began;
  const [per, after] = [Math.round((pods * rounds * 1000) / taken), Math.round(held - taken)];
  check(
    'the controller took every change',
    codes.every((code) => code < 300),
    codes,
  );
  say(`${pods * rounds} changes in ${Math.round(taken)} ms, ${per} a second`);
  check(`the kernel holds the last ${after} ms after the controller took it`, after < 10_000, after);
  await estate.allProven();
  const changes = (server.generation ?? 0) - generation;
  check(`they came as ${changes} changes of the host`, changes >= 1 && changes <= rounds * 4, changes);
  const growth = residentKilobytes(estate.controllerPid) - memory;
  check(`the controller grew by ${Math.round(growth / 1024)} MB`, growth < mostGrowth, growth);
  const listed = server.inside('nft list table inet bulkhead');
  const found = new Set(listed.match(/10\.9\.(1[6-9]|[2-9]\d)\.\d+/g));
  const expected = new Set(Array.from({ length: pods }, (_, pod) => addressOf(pod, rounds)));
  const wrong = [...found].filter((address) => !expected.has(address));
  const missing = [...expected].filter((address) => !found.has(address));
  check('nothing is lost, and nothing is left', wrong.length + missing.length === 0, { wrong, missing });
  for (const [round, state] of [
    [0, 'silent'],
    [rounds - 1, 'silent'],
    [rounds, 'open'],
  ] as const) {
    for (const pod of [0, pods - 1]) {
      const from = addressOf(pod, round);
      execFileSync('ip', ['addr', 'add', `${from}/32`, 'dev', 'world']);
      const seen = await tryOut({ to: server.address, port: 80, from }, 700);
      check(`from ${from}, of round ${round}: ${state}`, seen === state, seen);
      execFileSync('ip', ['addr', 'del', `${from}/32`, 'dev', 'world']);
    }
  }
}
