/**
 * Bad days: for each what is promised is printed and then checked with packets. Each runs in a network, a mount and a
 * process namespace of its own, with which everything it started ends.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { addressStorm } from './bad-days/address-storm.ts';
import { agentKilled } from './bad-days/agent-killed.ts';
import { conntrackFull, fewFlows } from './bad-days/conntrack-full.ts';
import { lowerConntrackLimit } from './bad-days/conntrack-limit.ts';
import { controllerGone } from './bad-days/controller-gone.ts';
import type { Day } from './bad-days/day.ts';
import { diskFull } from './bad-days/disk-full.ts';
import { Estate } from './bad-days/estate.ts';
import { foreignDrop } from './bad-days/foreign-drop.ts';
import { halfAway } from './bad-days/half-away.ts';
import { hostRebooted } from './bad-days/host-rebooted.ts';
import { olderNft } from './bad-days/older-nft.ts';
import { type DayName, dayNames, type Promises, promises } from './bad-days/promises.ts';
import { rulesFlushed } from './bad-days/rules-flushed.ts';
import { samePriority } from './bad-days/same-priority.ts';
import { twoVersions } from './bad-days/two-versions.ts';
import { checks } from './scenario.ts';

/** Those that no other scenario shows. */
const days: Readonly<Partial<Record<DayName, (day: Day) => Promise<void>>>> = {
  'controller-gone': controllerGone,
  'agent-killed': agentKilled,
  'host-rebooted': hostRebooted,
  'disk-full': diskFull,
  'conntrack-full': conntrackFull,
  'rules-flushed': rulesFlushed,
  'foreign-drop': foreignDrop,
  'same-priority': samePriority,
  'address-storm': addressStorm,
  'half-away': halfAway,
  'older-nft': olderNft,
  'two-versions': twoVersions,
};
const insideName = 'BULKHEAD_BAD_DAY';

async function main(): Promise<number> {
  const inside = process.env[insideName];
  if (inside !== undefined) return oneDay(inside as DayName);
  if (process.getuid?.() !== 0) {
    console.error('Cannot run bad-days: not root, uid 0 is needed for network namespaces and nftables');
    return 3;
  }
  const asked = process.argv.slice(2);
  const unknown = asked.find((name) => !Object.hasOwn(promises, name));
  if (unknown !== undefined) {
    console.error(`Cannot run bad day "${unknown}": there is none of that name, choose of ${dayNames.join(', ')}`);
    return 2;
  }
  return all(asked.length === 0 ? dayNames : (asked as DayName[]));
}

async function all(names: readonly DayName[]): Promise<number> {
  const results = new Map<string, number>();
  const failed: DayName[] = [];
  for (const name of names) {
    const { scenario }: Promises = promises[name];
    printPromises(name);
    const code = scenario === undefined ? await alone(name) : (results.get(scenario) ?? (await other(scenario)));
    if (scenario !== undefined) results.set(scenario, code);
    if (code !== 0) failed.push(name);
  }
  const kept = names.length - failed.length;
  console.log(
    `bad-days: ${kept} of ${names.length} are as promised${failed.length === 0 ? '' : `, not ${failed.join(', ')}`}`,
  );
  return failed.length === 0 ? 0 : 1;
}

function printPromises(name: DayName): void {
  const { title, passes, stops, shown, operator, scenario }: Promises = promises[name];
  const by = scenario === undefined ? '' : `\n  shown by     ${scenario}`;
  console.log(
    `\n${name}: ${title}\n  passes       ${passes}\n  does not     ${stops}\n  shown        ${shown}\n  operator     ${operator}${by}`,
  );
}

/** What is the machine's is changed from out here, and put back here however the day ends. */
async function alone(name: DayName): Promise<number> {
  const restore = name === 'conntrack-full' ? await lowerConntrackLimit(fewFlows) : async () => {};
  try {
    const words = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', process.execPath];
    const env = { ...process.env, [insideName]: name };
    return await ended('unshare', [...words, fileURLToPath(import.meta.url)], env);
  } finally {
    await restore();
  }
}

const other = (scenario: string): Promise<number> =>
  ended(process.execPath, [fileURLToPath(new URL(`${scenario}.ts`, import.meta.url))], process.env);

async function ended(program: string, words: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', program, ...words], { stdio: 'inherit', env });
  const [code] = await once(child, 'exit');
  return (code as number | null) ?? 1;
}

async function oneDay(name: DayName): Promise<number> {
  const report = checks(name);
  const estate = new Estate(report);
  try {
    await days[name]?.({ estate, say: report.say, check: report.check });
  } catch (error) {
    report.fail(error);
  } finally {
    await estate.close();
  }
  return report.finish();
}

process.exit(await main());
