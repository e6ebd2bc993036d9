import { execFile } from 'node:child_process';
import type { BackEnd } from '@bulkhead/enforce/back-end.ts';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { type NetworkNamespace, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import { plugIn } from './estate-net.ts';

/**
 * One kernel with everything around it: the host, two guests and a box (a container that is no workload) behind it, and
 * the world behind its cable. `routed`: each on a cable of its own. `bridged`: guests and box on a bridge of the host,
 * whose frames meet the same hooks.
 */
export type Wiring = 'routed' | 'bridged';
export const insides = ['g1', 'g2', 'box'] as const;
export type Inside = (typeof insides)[number];
export type Spot = 'world' | 'host' | Inside;

export type KernelNet = {
  readonly wiring: Wiring;
  readonly spots: Readonly<Record<Spot, NetworkNamespace>>;
  /** Of the rulesets at places 0, 1 and 2. */
  readonly backEnds: readonly BackEnd[];
  /** Addresses come to be where they belong; the answer takes them away again. */
  settle(addresses: ReadonlyMap<Spot, readonly Address[]>): Promise<() => Promise<void>>;
  close(): Promise<void>;
};

const bridgeMac = '02:00:00:00:00:10';
const macOf = (inside: Inside): string => `02:00:00:00:00:1${insides.indexOf(inside) + 1}`;
const gateway = { 4: '169.254.1.1', 6: 'fe80::1' } as const;

export async function openKernelNet(wiring: Wiring): Promise<KernelNet> {
  const opened = await Promise.all(
    ['world', 'host', ...insides].map(async (spot) => [spot, await openNetworkNamespace()]),
  );
  const spots = Object.fromEntries(opened) as Record<Spot, NetworkNamespace>;
  const { host, world } = spots;
  await host.run('ip', 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(world.pid));
  await Promise.all([host, world].map((end) => plugIn(end)));
  await host.run('sysctl', '-qw', ...forwarding.map((setting) => `net.${setting}`));
  if (wiring === 'bridged') await batch(host, [`link add br0 address ${bridgeMac} type bridge`, 'link set br0 up']);
  for (const inside of insides) await (wiring === 'routed' ? route : bridge)(spots, inside);
  const command = [...host.enter, 'nft'];
  return {
    wiring,
    spots,
    backEnds: [0, 1, 2].map((place) => nftablesBackEnd({ command, place })),
    settle: (addresses) => settle(spots, wiring, addresses),
    close: async () => void (await Promise.all(Object.values(spots).map((spot) => spot.close()))),
  };
}

const forwarding = [
  'ipv4.ip_forward=1',
  'ipv6.conf.all.forwarding=1',
  'ipv4.conf.all.send_redirects=0',
  'ipv4.conf.default.rp_filter=0',
  'ipv6.conf.default.addr_gen_mode=1',
];

async function route(spots: KernelNet['spots'], inside: Inside): Promise<void> {
  const { host, [inside]: guest } = spots;
  await batch(host, [
    `link add ${inside} address 02:00:00:00:00:01 type veth peer name eth0 address 02:00:00:00:00:01 netns ${guest.pid}`,
    `link set ${inside} arp off up`,
  ]);
  await plugIn(guest);
}

async function bridge(spots: KernelNet['spots'], inside: Inside): Promise<void> {
  const { host, [inside]: guest } = spots;
  const veth = `link add ${inside} type veth peer name eth0 address ${macOf(inside)} netns ${guest.pid}`;
  await batch(host, [veth, `link set ${inside} master br0 up`]);
  // A frame for whom the bridge does not know yet goes to every port, and is judged once for each.
  await host.run('bridge', 'fdb', 'replace', macOf(inside), 'dev', inside, 'master', 'static');
  await plugIn(guest, macOf(inside));
  await batch(guest, [
    'route del default',
    'route del ::/0 dev eth0',
    `route add default via ${gateway[4]} dev eth0 onlink`,
    `route add ::/0 via ${gateway[6]} dev eth0`,
    ...Object.values(gateway).map((via) => `neigh replace ${via} lladdr ${bridgeMac} dev eth0 nud permanent`),
  ]);
}

async function settle(
  spots: KernelNet['spots'],
  wiring: Wiring,
  addresses: ReadonlyMap<Spot, readonly Address[]>,
): Promise<() => Promise<void>> {
  const lines = new Map<Spot, string[]>([...addresses.keys()].map((spot) => [spot, []]));
  const add = (spot: Spot, line: string) => lines.set(spot, [...(lines.get(spot) ?? []), line]);
  const isInside = (spot: Spot): spot is Inside => spot !== 'world' && spot !== 'host';
  for (const [spot, list] of addresses) {
    for (const address of list) {
      add(spot, `addr VERB ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`);
      if (!isInside(spot)) continue;
      if (wiring === 'routed') {
        add('host', `route VERB ${address} dev ${spot}`);
        continue;
      }
      add('host', `route VERB ${address} dev br0`);
      add('host', `neigh VERB ${address} lladdr ${macOf(spot)} dev br0 nud permanent`);
      for (const other of insides.filter((one) => one !== spot)) {
        add(other, `route VERB ${address} dev eth0`);
        add(other, `neigh VERB ${address} lladdr ${macOf(spot)} dev eth0 nud permanent`);
      }
    }
  }
  const all = (verb: 'add' | 'del') =>
    Promise.all(
      [...lines].map(([spot, list]) => {
        const ordered = verb === 'add' ? list : list.toReversed();
        return batch(
          spots[spot],
          ordered.map((line) => line.replace('VERB', verb)),
        );
      }),
    );
  await all('add');
  return async () => void (await all('del'));
}

function batch({ enter }: NetworkNamespace, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return Promise.resolve();
  const [program = '', ...args] = [...enter, 'ip', '-batch', '-'];
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, (error, _, stderr) =>
      error === null ? resolve() : reject(new Error(`ip: ${stderr.trim()} in ${lines.join('; ')}`)),
    );
    child.stdin?.end(`${lines.join('\n')}\n`);
  });
}
