import { examplePolicy, type Host, type RunningEstate, until, whyNoEstate, withEstate } from './estate.ts';
import type { Bench, Figure } from './figure.ts';
import { residentBytes } from './machine.ts';

/** Connections nobody makes by themselves, each sample to a port of its own. */
const [source, destination] = ['web-1', 'db-1'];
const firstPort = 20_000;
const pollMilliseconds = 5;

export const skeleton: Bench = {
  about: 'the loop on the lab estate: connection to queryable edge, provision to kernel on all hosts, memory (root)',
  defaultRepeats: 20,
  run: async (repeats, say) => {
    const missing = whyNoEstate();
    if (missing !== null) {
      say(missing);
      return [];
    }
    return withEstate(say, async (estate) => {
      await allProven(estate);
      say('every host is proven');
      const edges = await connectionsToEdges(estate, repeats);
      say('connections measured');
      const provisions = await provisionsToKernel(estate, repeats);
      say('provisions measured');
      return [...edges, ...provisions, ...(await memory(estate))];
    });
  },
};

function allProven(estate: RunningEstate): Promise<readonly Host[]> {
  return until('every host to be proven', 120, async () => {
    const hosts = await estate.hosts();
    return hosts.length > 0 && hosts.every((host) => host.connected && host.proven) ? hosts : null;
  });
}

/**
 * To the first answer of the API that has the edge, from two starts on the same clock: the time of the host's log record,
 * which the host may have stamped late, and the start of the command that connects, which is surely early: the command
 * takes a process of its own. The truth lies between.
 */
async function connectionsToEdges(estate: RunningEstate, repeats: number): Promise<Figure[]> {
  const [fromRecord, fromCommand]: [number[], number[]] = [[], []];
  for (let index = 0; index < repeats; index++) {
    const service = `tcp/${firstPort + index}`;
    const began = Date.now();
    const connected = estate.connect(source, destination, service);
    const path = `/edges?${new URLSearchParams({ from: source, to: destination, service })}`;
    const first = await until(
      `the edge ${service}`,
      30,
      async () => (await estate.ask<{ items: { first: number }[] }>('GET', path)).items[0]?.first ?? null,
      pollMilliseconds,
    );
    const seen = Date.now();
    fromRecord.push(seen - first);
    fromCommand.push(seen - began);
    await connected;
  }
  const figure = (name: string, values: readonly number[]): Figure => ({ name, unit: 'ms', shape: 'samples', values });
  return [
    figure('connection to queryable edge, from the log record', fromRecord),
    figure('connection to queryable edge, from the start of the connecting command', fromCommand),
  ];
}

type Provision = {
  readonly state: 'running' | 'done' | 'incomplete';
  readonly hosts: readonly { readonly workload: string; readonly state: string; readonly at: string }[];
};

/** From the request until the controller hears that the kernel holds it and was read back: each host, and the last one. */
async function provisionsToKernel(estate: RunningEstate, repeats: number): Promise<Figure[]> {
  const [each, all]: [number[], number[]] = [[], []];
  for (let index = 0; index < repeats; index++) {
    // The modes of all hosts go back and forth, so that every host has something to change.
    const files = examplePolicy(index % 2 === 0 ? 'enforce' : 'test');
    await estate.ask('PUT', '/drafts/bench', { files });
    const began = Date.now();
    const { version } = await estate.ask<{ version: number }>('POST', '/drafts/bench/provision', {});
    const provision = await until(`version ${version}`, 60, async () => {
      const now = await estate.ask<Provision>('GET', `/provisions/${version}`);
      return now.state === 'running' ? null : now;
    });
    if (provision.state !== 'done')
      throw new Error(`version ${version} is ${provision.state}: ${JSON.stringify(provision)}`);
    // An answer alone would also do for "applied": only what was read back counts, and it comes with the same answer.
    const unproven = (await estate.hosts()).filter((host) => !host.proven);
    if (unproven.length > 0) throw new Error(`version ${version} is unproven on ${unproven.map(({ name }) => name)}`);
    const took = provision.hosts.map(({ at }) => Date.parse(at) - began);
    each.push(...took);
    all.push(Math.max(...took));
  }
  return [
    { name: 'provision to kernel, each host', unit: 'ms', shape: 'samples', values: each },
    { name: 'provision to kernel, all hosts', unit: 'ms', shape: 'samples', values: all },
  ];
}

async function memory(estate: RunningEstate): Promise<Figure[]> {
  const known = (await estate.hosts()).flatMap(({ memory }) => memory ?? []);
  const megabytes = (bytes: number): number => bytes / 2 ** 20;
  const figure = (name: string, values: readonly number[]): Figure => ({ name, unit: 'MB', shape: 'samples', values });
  return [
    figure('memory of the controller', [megabytes(residentBytes(estate.controllerPid) ?? Number.NaN)]),
    figure(
      'memory of an agent',
      known.map(({ agent }) => megabytes(agent)),
    ),
    figure(
      'memory of a helper',
      known.map(({ helper }) => megabytes(helper)),
    ),
    figure(
      'memory of agent and helper',
      known.map(({ agent, helper }) => megabytes(agent + helper)),
    ),
  ];
}
