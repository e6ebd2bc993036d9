import type { Labels } from '@bulkhead/model/words.ts';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import {
  appShapes,
  appWords,
  type Environment,
  environments,
  type Listening,
  locations,
  sharedServices,
  type Tier,
  tierServers,
  tierWeights,
} from './catalogue.ts';
import { divide, pickWeighted, type Random } from './random.ts';

export type SynthWorkload = {
  readonly name: string;
  readonly labels: Labels;
  readonly server: Listening;
  readonly v4: Address;
  readonly v6: Address | null;
};

/** The workloads of one application in one environment by role, `dmz` counted with production. */
export type Instance = {
  readonly app: string;
  readonly environment: Environment;
  readonly roles: ReadonlyMap<string, readonly SynthWorkload[]>;
};

export type WorkloadsAsked = {
  readonly workloads: number;
  readonly apps: number;
  /** Names and addresses that are somebody else's. */
  readonly taken: ReadonlySet<string>;
};

/** Shared services and a business application have at least two workloads, or there would be no edge inside. */
export const leastPerApp = 2;
const sharedShare = 0.01;
const dualStackShare = 0.3;

/** As many workloads and applications as asked for, sizes skewed as they are in the field: a few large, a long tail. */
export function makeWorkloads({ workloads, apps, taken }: WorkloadsAsked, random: Random): Instance[] {
  const shared = sharedServices.slice(0, Math.min(sharedServices.length, Math.floor(apps / 2)));
  const forShared = Math.min(
    Math.max(Math.round(workloads * sharedShare), leastPerApp * shared.length),
    workloads - leastPerApp * (apps - shared.length),
  );
  const add = workloadMaker(taken, random);
  const even = shared.map(() => 1);
  const sharedSizes = shared.length === 0 ? [] : divide(forShared, even, leastPerApp);
  const total = workloads - sharedSizes.reduce((sum, size) => sum + size, 0);
  const skew = Array.from({ length: apps - shared.length }, (_, rank) => 1 / (rank + 1) ** 0.8);
  const sizes = divide(total, skew, leastPerApp);
  const names = appNames(sizes.length, random);
  return [
    ...shared.map(({ app, server }, index) => {
      const place = { app, environment: 'shared', role: app, server } as const;
      return { app, environment: 'shared' as const, roles: new Map([[app, add(place, sharedSizes[index] ?? 0)]]) };
    }),
    ...sizes.flatMap((size, index) => makeApp({ app: names[index] ?? '', size }, add, random)),
  ];
}

type Place = {
  readonly app: string;
  readonly environment: Environment;
  readonly role: string;
  readonly server: Listening;
};
type Add = (place: Place, count: number) => SynthWorkload[];

function makeApp({ app, size }: { readonly app: string; readonly size: number }, add: Add, random: Random): Instance[] {
  const fitting = appShapes.filter((shape) => shape.length <= size && (size < 40 || shape.length > 2));
  const shape = random.pick(fitting);
  const servers = new Map(shape.map((tier) => [tier, random.pick(tierServers[tier])]));
  const facing = random.chance(0.6);
  const stages = environments.filter(({ weight }) => weight > 0);
  // A small application is in one environment; a larger one has its tiers in all of them.
  const split = size >= shape.length * 5;
  const parts = split ? stages : [pickWeighted(random, stages)];
  const shares = parts.map(({ weight }) => weight);
  const sizes = divide(size, shares, shape.length);
  return parts.map(({ name: environment }, index) => {
    const counts = divide(
      sizes[index] ?? 0,
      shape.map((tier) => tierWeights[tier]),
      1,
    );
    const roles = shape.map((role: Tier, tier) => {
      const inDmz = facing && role === 'lb' && environment === 'production';
      const place = { app, environment: inDmz ? ('dmz' as const) : environment, role, server: servers.get(role) };
      return [role, add(place as Place, counts[tier] ?? 0)] as const;
    });
    return { app, environment, roles: new Map<string, SynthWorkload[]>(roles) };
  });
}

/** Names and addresses count upwards inside their place and step over what is taken. */
function workloadMaker(taken: ReadonlySet<string>, random: Random): Add {
  const counters = new Map<string, number>();
  const next = <T extends string>(key: string, make: (count: number) => T): T => {
    for (let count = (counters.get(key) ?? 0) + 1; ; count++) {
      const made = make(count);
      if (taken.has(made)) continue;
      counters.set(key, count);
      return made;
    }
  };
  return ({ app, environment, role, server }, count) => {
    const home = pickWeighted(random, locations);
    const short = environments.find(({ name }) => name === environment)?.short ?? environment;
    return Array.from({ length: count }, () => {
      const location = random.chance(0.85) ? home : random.pick(locations);
      const slot = environments.findIndex(({ name }) => name === environment) * 4 + locations.indexOf(location);
      return {
        name: next(`${app}-${short}-${role}`, (number) => `${app}-${short}-${role}-${number}`),
        labels: { role, app, env: environment, loc: location.name },
        server,
        v4: next(`v4 ${slot}`, (number) => addressOf(4, slot, number)),
        v6: random.chance(dualStackShare) ? next(`v6 ${slot}`, (number) => addressOf(6, slot, number)) : null,
      };
    });
  };
}

/** Half a million addresses per environment and location: 10.0.0.0/13 and on, fd5c:0:SLOT::/64. */
function addressOf(family: 4 | 6, slot: number, number: number): Address {
  if (family === 6) return addressFromBits(6, (0xfd5cn << 112n) | (BigInt(slot + 1) << 80n) | BigInt(number));
  // .0 and .255 look like something else to people.
  const host = Math.floor((number - 1) / 254) * 256 + ((number - 1) % 254) + 1;
  return addressFromBits(4, (10n << 24n) | (BigInt(slot + 1) << 19n) | BigInt(host));
}

function appNames(count: number, random: Random): string[] {
  const [first = [], second = []] = appWords;
  const pairs = random.shuffled(first.flatMap((one) => second.map((two) => `${one}-${two}`)));
  return Array.from({ length: count }, (_, index) => {
    const round = Math.floor(index / pairs.length);
    return `${pairs[index % pairs.length]}${round === 0 ? '' : `-${round + 1}`}`;
  });
}
