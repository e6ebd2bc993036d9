/**
 * Differential truth: rulesets compiled from random estates are loaded into a real kernel, real packets are sent to and
 * from the host, and what passed and what was logged is compared with `decide`. Then live connections: what a change of
 * the ruleset does to flows that exist.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkKernel, isAllowed, openWire } from './kernel-agrees/agreement.ts';
import { checkChangeSequences } from './kernel-agrees/change-sequences.ts';
import { confirmSome } from './kernel-agrees/confirm.ts';
import { checkEdgePackets } from './kernel-agrees/edge-packets.ts';
import { type EndpointProcess, startEndpoint } from './kernel-agrees/endpoint-process.ts';
import { type Feature, features, leastShares } from './kernel-agrees/features.ts';
import { checkForwardedFlows } from './kernel-agrees/forwarded-flows.ts';
import { casesOfKernel, type KernelCases } from './kernel-agrees/kernel-cases.ts';
import { type KernelNet, openKernelNet, type Spot } from './kernel-agrees/kernel-net.ts';
import { checkLiveConnections } from './kernel-agrees/live-connections.ts';

/** Kernels that many packets are spread over; on one of them it is sending them that takes the time. */
const mostKernels = 500;
const [fewestEach, mostEach] = [170, 2000];
/** Below it a share says little. */
const leastForShares = 1000;
const mostShown = 20;
/** Milliseconds. */
const progressEvery = 60_000;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } });
  const wanted = Number(values.cases ?? 2000);
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
  if (!Number.isSafeInteger(wanted) || !Number.isSafeInteger(seed) || wanted < 1 || seed < 1) {
    console.error('Cannot compare: --cases and --seed take whole numbers from 1 on');
    return 2;
  }
  console.log(`kernel-agrees: ${wanted} cases from seed ${seed}`);
  buildTools();
  // In namespaces of their own, and each of them mostly waits.
  const checks = [
    () => checkRandom(wanted, seed),
    () => checkLiveConnections(),
    () => checkForwardedFlows('routed'),
    () => checkForwardedFlows('bridged'),
    () => checkChangeSequences(seed),
    () => checkEdgePackets(),
  ];
  const wrong = (await Promise.all(checks.map((check) => check()))).flat();
  for (const line of wrong.slice(0, mostShown)) console.error(`  disagrees: ${line}`);
  console.log(wrong.length === 0 ? 'kernel-agrees: no disagreement' : `kernel-agrees: ${wrong.length} disagreements`);
  return wrong.length === 0 ? 0 : 1;
}

function buildTools(): void {
  const native = fileURLToPath(new URL('../native', import.meta.url));
  execFileSync('make', ['-s', '-C', native, 'build/bulkhead-helper', 'build/packet-sender'], { stdio: 'inherit' });
}

type Totals = {
  compared: number;
  confirmed: number;
  allowed: number;
  kernels: number;
  readonly of: Map<Feature, number>;
};

async function checkRandom(wanted: number, seed: number): Promise<string[]> {
  const each = Math.min(mostEach, Math.max(fewestEach, Math.ceil(wanted / mostKernels)));
  const totals: Totals = { compared: 0, confirmed: 0, allowed: 0, kernels: 0, of: new Map() };
  const started = performance.now();
  const wrong: string[] = [];
  for (const wiring of ['routed', 'bridged'] as const) {
    const net = await openKernelNet(wiring);
    const wire = await openWire(net);
    const ends = startEndpoints(net);
    // The bridge is a smaller part: it differs in how packets come to the hooks, not in what they find there.
    const until = wiring === 'routed' ? Math.ceil(wanted * 0.7) : wanted;
    while (totals.compared < until && wrong.length < mostShown) {
      const cases = casesOfKernel(seed + totals.kernels, Math.min(each, until - totals.compared));
      const confirm = async () => {
        const { wrong: unlike, tried } = await confirmSome(wire, ends, cases);
        totals.confirmed += tried;
        return unlike;
      };
      wrong.push(...(await checkKernel(wire, cases, confirm)).map((line) => `${wiring}, ${line}`));
      count(totals, cases);
      sayProgress(totals, wanted);
    }
    await Promise.all(Object.values(ends).map((end) => end.close()));
    await wire.close();
    await net.close();
  }
  const rate = Math.round(totals.compared / ((performance.now() - started) / 1000));
  console.log(
    `  ${totals.compared} first packets on ${totals.kernels} kernels compared, ${totals.allowed} of them allowed, ${rate} a second; ${totals.confirmed} confirmed by connections`,
  );
  return [...wrong, ...sharesMissed(totals)];
}

function count(totals: Totals, { probes }: KernelCases): void {
  totals.kernels++;
  totals.compared += probes.length;
  totals.allowed += probes.filter(isAllowed).length;
  for (const probe of probes) for (const one of probe.features) totals.of.set(one, (totals.of.get(one) ?? 0) + 1);
}

let nextProgress = performance.now() + progressEvery;
function sayProgress({ compared }: Totals, wanted: number): void {
  if (performance.now() < nextProgress) return;
  nextProgress += progressEvery;
  console.log(`  ${compared} of ${wanted} compared`);
}

function startEndpoints({ spots }: KernelNet): Record<Spot, EndpointProcess> {
  const all = Object.entries(spots).map(([spot, namespace]) => [spot, startEndpoint(namespace)] as const);
  return Object.fromEntries(all) as Record<Spot, EndpointProcess>;
}

/** A run that did not look at something has shown nothing about it. */
function sharesMissed({ compared, of }: Totals): string[] {
  const shares = features.map((feature) => ({ feature, share: (of.get(feature) ?? 0) / compared }));
  console.log(`  ${shares.map(({ feature, share }) => `${feature} ${(100 * share).toFixed(1)} %`).join(', ')}`);
  if (compared < leastForShares) return [];
  return shares
    .filter(({ feature, share }) => share < leastShares[feature])
    .map(({ feature, share }) => `only ${(100 * share).toFixed(2)} % of the packets were about ${feature}`);
}

process.exitCode = await main();
