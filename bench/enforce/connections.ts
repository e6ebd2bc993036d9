import type { Family } from '@bulkhead/net/address.ts';
import type { Figure } from '../figure.ts';
import { type Cable, type Cost, openCable, type Work } from './cable.ts';
import { bulkhead, type Firewall, noRules, rulePerPeer, setPerRule, twoLoggedRules, twoRules } from './firewalls.ts';
import { firstPort, peerAddress } from './ruleset.ts';

const families: readonly Family[] = [4, 6];
const connectionsPerRound = 1_000;
const streamBytes = 200_000_000;
/** Rounds before the first one that counts. */
const warmUp = 2;

type Subject = {
  readonly firewall: Firewall;
  readonly peers: number;
  readonly cable: Cable;
  readonly unload: () => Promise<void>;
};

/**
 * Processor time of a connection (opened, accepted, reset) and of a stream through the rules of both its hosts, each as a
 * ratio to `two rules` in the same round: the subjects take turns, so a busy machine is busy for all of them.
 */
export async function measureConnections(
  sizes: readonly number[],
  rounds: number,
  say: (text: string) => void,
): Promise<Figure[]> {
  const subjects: Subject[] = [];
  try {
    for (const [firewall, peers] of plan(sizes)) {
      const began = performance.now();
      subjects.push(await open(firewall, peers));
      say(`  ${nameOf(firewall, peers)} loaded on two hosts in ${Math.round(performance.now() - began)} ms`);
    }
    return await measure(subjects, rounds);
  } finally {
    for (const { unload, cable } of subjects) {
      await unload();
      await cable.close();
    }
  }
}

function plan(sizes: readonly number[]): [Firewall, number][] {
  const sized = [bulkhead, setPerRule, rulePerPeer].flatMap((firewall) =>
    sizes.filter((peers) => peers <= firewall.most).map((peers): [Firewall, number] => [firewall, peers]),
  );
  return [[noRules, 0], [twoRules, 0], [twoLoggedRules, 0], ...sized];
}

const nameOf = ({ name }: Firewall, peers: number): string => (peers === 0 ? name : `${name}, ${peers} peers`);

/** The two hosts are peers from the middle of the policy, which is where a list finds the average one. */
async function open(firewall: Firewall, peers: number): Promise<Subject> {
  const [client, server] = endsAmong(peers);
  const cable = await openCable(
    families.map((family) => peerAddress(family, client)),
    families.map((family) => peerAddress(family, server)),
  );
  const unloads = [await firewall.load(cable.client, peers), await firewall.load(cable.server, peers)];
  const unload = async () => void (await Promise.all(unloads.map((one) => one())));
  return { firewall, peers, cable, unload };
}

const endsAmong = (peers: number): [client: number, server: number] => {
  const middle = Math.max(2, Math.floor(peers / 2));
  return [middle - 1, middle];
};

async function measure(subjects: readonly Subject[], rounds: number): Promise<Figure[]> {
  const costs = new Map<string, number[]>();
  const note = (name: string, value: number) => costs.set(name, [...(costs.get(name) ?? []), value]);
  for (let round = 0; round < warmUp + rounds; round++) {
    for (const family of families) {
      for (const what of ['connect', 'stream'] as const) {
        const spent = await each(subjects, family, what);
        if (round < warmUp) continue;
        const base = spent.get(subjects[1] as Subject)?.processor ?? Number.NaN;
        for (const [{ firewall, peers }, { processor }] of spent) {
          const unit = what === 'connect' ? 'new connection' : 'stream';
          note(`${unit} over IPv${family}, ${nameOf(firewall, peers)}`, processor / base);
        }
        if (what === 'connect')
          note(`new connection over IPv${family}, two rules, microseconds`, base / connectionsPerRound / 1000);
      }
    }
  }
  return [...costs].map(([name, values]): Figure => {
    const absolute = name.endsWith(', microseconds');
    return {
      name: absolute ? `${name.slice(0, -14)} in time` : name,
      unit: absolute ? 'us' : 'x two rules',
      shape: 'repeats',
      values,
    };
  });
}

async function each(subjects: readonly Subject[], family: Family, what: Work['what']): Promise<Map<Subject, Cost>> {
  const spent = new Map<Subject, Cost>();
  for (const subject of subjects) {
    const [, server] = endsAmong(subject.peers);
    const amount = what === 'connect' ? connectionsPerRound : streamBytes;
    spent.set(
      subject,
      await subject.cable.do({ what, to: peerAddress(family, server), port: portOf(subject), amount }),
    );
  }
  return spent;
}

/** The port that stands in the middle of the list. */
const portOf = ({ peers }: Subject): number => (peers === 0 ? firstPort : firstPort + 10);
