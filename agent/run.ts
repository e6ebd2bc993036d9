import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Done } from '@bulkhead/enforce/back-end.ts';
import { nftablesBackEnd, nftablesCounts, nftablesPlaces } from '@bulkhead/enforce/nftables/driver.ts';
import { nftablesFeatures } from '@bulkhead/enforce/nftables/features.ts';
import { nftablesMarks } from '@bulkhead/enforce/nftables/marks.ts';
import { nftablesNames } from '@bulkhead/enforce/nftables/name-driver.ts';
import { defaultNftOptions } from '@bulkhead/enforce/nftables/options.ts';
import { stampOf } from '@bulkhead/enforce/nftables/stamp.ts';
import { type PairingKey, parsePairingKey } from '@bulkhead/wire/pairing-key.ts';
import { Agent } from './agent.ts';
import { errorText } from './atomic-file.ts';
import { backoff } from './backoff.ts';
import { connectionsOf } from './connections.ts';
import { type AgentDirectory, agentDirectory, openDirectory } from './directory.ts';
import { enrol } from './enrol.ts';
import type { Flags } from './flags.ts';
import { type Identity, keyText, openKey, readIdentity, storeIdentity } from './identity.ts';
import { jsonLog, type Log, plainLog } from './log.ts';
import type { Marks, Privileged } from './privileged.ts';
import { privilegedInProcess } from './privileged-process.ts';
import { stampSweeper } from './stamp-sweeper.ts';
import { tellSystemd, uninstall } from './uninstall.ts';
import { isAlive, waitReady } from './wait-ready.ts';

/** Exit codes: 0 done, 1 the answer is no, 2 bad input, 3 cannot reach or do. */
export async function run(flags: Flags): Promise<number> {
  const clock = Date.now;
  const write = (line: string) => process.stderr.write(line);
  const log = flags.json ? jsonLog(write, clock) : plainLog(write, clock);
  const answer = (text: string, value: object) =>
    process.stdout.write(flags.json ? `${JSON.stringify(value)}\n` : `${text}\n`);
  try {
    if (flags.task === 'wait') return await waitReady(agentDirectory(flags.data).state, flags.timeout, answer);
    if (flags.task === 'uninstall') return await leave(flags, answer);
    const directory = openDirectory(flags.data);
    const agent = new Agent({
      directory,
      privileged: privileged(flags),
      log,
      clock,
      random: Math.random,
      nameGrace: flags.nameGrace * 1000,
    });
    if (flags.task === 'load') return await load(agent, answer);
    return await serve({ flags, directory, agent, log });
  } catch (error) {
    log('error', errorText(error));
    return 3;
  }
}

function privileged(flags: Flags): Privileged {
  const helper = flags.helper ?? fileURLToPath(new URL('../native/build/bulkhead-helper', import.meta.url));
  const { markMask } = flags;
  const connections = connectionsOf([helper]);
  const { sweep, failure: unswept } = stampSweeper(connections);
  const given = { markMask, sweep, helper: [helper] };
  const kernel = { ...nftablesBackEnd(given), counts: () => nftablesCounts(given) };
  const guests = {
    at: (place: number) => nftablesBackEnd({ ...given, place }),
    places: () => nftablesPlaces(given),
  };
  const { logGroup, answerGroup } = defaultNftOptions;
  const names = nftablesNames(given);
  const { reversed } = stampOf(1, markMask);
  const flows = { connections, reversed, unswept, marks: () => marksOf(given) };
  const features = () => nftablesFeatures(given);
  return privilegedInProcess({ features, kernel, guests, names, flows, helper, logGroup, answerGroup });
}

async function marksOf(given: Parameters<typeof nftablesMarks>[0]): Promise<Done<Marks>> {
  const marks = await nftablesMarks(given);
  if (marks.kind === 'failed') return marks;
  const clashes = marks.value.clashes.map(({ by, does, bits }) => `${by} ${does} 0x${bits.toString(16)}`);
  return { kind: 'done', value: { ...marks.value, clashes } };
}

/** The host's own ruleset and those of all its guests. */
async function removeEverything(): Promise<Done<null>> {
  const places = await nftablesPlaces();
  if (places.kind === 'failed') return places;
  const guests = places.value.map(({ place }) => place).filter((place) => place > 0);
  for (const place of [...guests, 0]) {
    const gone = await nftablesBackEnd({ place }).remove();
    if (gone.kind === 'failed') return gone;
  }
  return { kind: 'done', value: null };
}

async function leave(flags: Flags, answer: (text: string, value: object) => void): Promise<number> {
  const done = await uninstall({
    directory: agentDirectory(flags.data),
    kernel: { others: () => privileged(flags).kernel.others(), remove: removeEverything },
    purge: flags.purge,
    isAlive,
    units: '/etc/systemd/system',
    manager: tellSystemd,
  });
  if (done.kind !== 'done') {
    answer(done.message, done);
    return done.kind === 'refused' ? 1 : 3;
  }
  const same = done.before === done.after;
  const rest = `The rest of the firewall: ${done.before} before, ${done.after} after, ${same ? 'the same' : 'not the same'}`;
  answer(`Removed: ${done.removed.join(', ')}\n${rest}`, done);
  return same ? 0 : 3;
}

async function load(agent: Agent, answer: (text: string, value: object) => void): Promise<number> {
  const { kind, held, proven, problem } = await agent.enforcement.loadLastGood();
  const guestsLoaded = await agent.guests.loadLastGood();
  const generation = held?.generation ?? null;
  answer(problem ?? (held === null ? 'Nothing to load' : `Holding generation ${generation}`), {
    generation,
    proven,
    problem,
  });
  if (kind !== 'applied' || !guestsLoaded) return 3;
  return held === null ? 1 : proven ? 0 : 3;
}

type Serving = {
  readonly flags: Flags;
  readonly directory: AgentDirectory;
  readonly agent: Agent;
  readonly log: Log;
};

/** Enforces and reports at once, whatever the controller does; ends on a signal or when enrolment is refused. */
async function serve({ flags, directory, agent, log }: Serving): Promise<number> {
  const pairing = readPairing(flags);
  if (typeof pairing === 'string') {
    log('error', pairing);
    return 2;
  }
  const known = readIdentity(directory);
  const stored = known !== null && pairing !== null && pairing.id !== known.pairing ? null : known;
  if (stored === null && (pairing === null || flags.controller === null)) {
    log('error', 'Cannot start: this host is not enrolled, --controller and --pairing-key are needed');
    return 2;
  }
  const ended = untilSignal();
  await agent.start();
  const joined = stored === null ? await join({ flags, directory, agent, log, pairing, ended: ended.now }) : stored;
  if (typeof joined === 'number') {
    agent.stop();
    return joined;
  }
  agent.connect(flags.controller === null ? joined : { ...joined, controller: flags.controller });
  await ended.promise;
  agent.stop();
  // Sockets that are closing would keep the process for their timeouts.
  setTimeout(() => process.exit(0), 200).unref();
  return 0;
}

/** The key, null when none was given, or what is wrong with it. Never says the key itself. */
function readPairing(flags: Flags): PairingKey | null | string {
  if (flags.pairing === null) return null;
  const { kind, value } = flags.pairing;
  try {
    const key = parsePairingKey(kind === 'text' ? value : readFileSync(value, 'utf8'));
    return key ?? 'Cannot use the pairing key: it is cut off or not one, copy it whole';
  } catch (error) {
    return `Cannot read the pairing key file "${value}": ${errorText(error)}`;
  }
}

type Joining = Serving & { readonly pairing: PairingKey | null; readonly ended: () => boolean };

/** The identity this host enrolled with, or the exit code when it was refused or ended before. */
async function join({ flags, directory, agent, log, pairing, ended }: Joining): Promise<Identity | number> {
  if (pairing === null || flags.controller === null) return 2;
  const key = openKey(directory);
  for (let failures = 0; !ended(); failures++) {
    const outcome = await enrol({ endpoint: flags.controller, pairing, key, hostname: hostname() });
    if (outcome.kind === 'enrolled') {
      const identity = { ...outcome, controller: flags.controller, pairing: pairing.id };
      await agent.enforcement.forget();
      await agent.guests.forget();
      storeIdentity(directory, identity);
      log('info', 'Enrolled', { workload: outcome.workload });
      return { ...identity, key: keyText(key) };
    }
    log('error', outcome.message, outcome.kind === 'refused' ? { code: outcome.code } : {});
    if (outcome.kind === 'refused') return 1;
    await new Promise((resolve) => setTimeout(resolve, backoff(failures, Math.random)));
  }
  return 0;
}

function untilSignal(): { readonly promise: Promise<void>; readonly now: () => boolean } {
  let signalled = false;
  const promise = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        signalled = true;
        resolve();
      });
  });
  return { promise, now: () => signalled };
}
