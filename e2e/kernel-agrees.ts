/**
 * Differential truth: rulesets compiled from random estates are loaded into a real kernel, real packets are sent to and
 * from the host, and what passed and what was logged is compared with `decide`. Then live connections: what a change of
 * the ruleset does to flows that exist.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkHost, passedGroup, passedTable, productGroup, type Wire } from './kernel-agrees/agreement.ts';
import { listenToLog, openEstateNet, openPacketSender } from './kernel-agrees/estate-net.ts';
import { checkLiveConnections } from './kernel-agrees/live-connections.ts';
import { casesOfEstate } from './kernel-agrees/random-cases.ts';

const perHost = 40;
const mostShown = 20;

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } });
  const wanted = Number(values.cases ?? 400);
  const seed = Number(values.seed ?? Date.now() % 1_000_000_000);
  if (!Number.isSafeInteger(wanted) || !Number.isSafeInteger(seed) || wanted < 1 || seed < 1) {
    console.error('Cannot compare: --cases and --seed take whole numbers from 1 on');
    return 2;
  }
  console.log(`kernel-agrees: ${wanted} cases from seed ${seed}`);
  buildTools();
  const wrong = [...(await checkRandom(wanted, seed)), ...(await checkLiveConnections())];
  for (const line of wrong.slice(0, mostShown)) console.error(`  disagrees: ${line}`);
  console.log(wrong.length === 0 ? 'kernel-agrees: no disagreement' : `kernel-agrees: ${wrong.length} disagreements`);
  return wrong.length === 0 ? 0 : 1;
}

function buildTools(): void {
  const native = fileURLToPath(new URL('../native', import.meta.url));
  execFileSync('make', ['-s', '-C', native, 'build/bulkhead-helper', 'build/packet-sender'], { stdio: 'inherit' });
}

async function checkRandom(wanted: number, seed: number): Promise<string[]> {
  const net = await openEstateNet();
  await net.host.run('nft', passedTable);
  const [product, passed] = [await listenToLog(net.host, productGroup), await listenToLog(net.host, passedGroup)];
  const [fromWorld, fromHost] = [openPacketSender(net.world), openPacketSender(net.host)];
  const wire: Wire = { net, product, passed, fromWorld, fromHost };
  const wrong: string[] = [];
  let [compared, allowed, estates] = [0, 0, 0];
  for (; compared < wanted; estates++) {
    for (const host of casesOfEstate(seed + estates, Math.min(perHost, wanted - compared))) {
      wrong.push(...(await checkHost(wire, host)));
      compared += host.cases.length;
      allowed += host.cases.filter((one) => one.expected.effective.verdict === 'allow').length;
    }
  }
  console.log(`  ${compared} first packets of ${estates} estates compared, ${allowed} of them allowed`);
  await Promise.all([product, passed, fromWorld, fromHost].map((part) => part.close()));
  await net.close();
  return wrong;
}

process.exitCode = await main();
