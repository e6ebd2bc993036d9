import type { Outcome } from '@bulkhead/model/decision.ts';
import type { HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { compareAddresses } from '@bulkhead/model/host-ruleset-invariants.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import type { Order } from './endpoint.ts';
import { type EndpointProcess, expecting, startEndpoint } from './endpoint-process.ts';
import { insides, type KernelNet, openKernelNet, type Spot, type Wiring } from './kernel-net.ts';

/** Everybody has an address of each kind, and a connection is between two of one kind: a change cuts one of them. */
const kinds = ['keep', 'cut'] as const;
type Kind = (typeof kinds)[number];
const families = [4, 6] as const;
type Family = (typeof families)[number];
type Protocol = 'tcp' | 'udp';

const spots: readonly Spot[] = ['world', 'host', ...insides];
const placeOf: Readonly<Partial<Record<Spot, number>>> = { host: 0, g1: 1, g2: 2 };

function addressOf(spot: Spot, family: Family, kind: Kind): string {
  const [net, last] = [spots.indexOf(spot), kinds.indexOf(kind) + 1];
  return family === 4 ? `10.88.${net}.${last}` : `fd88:${net}::${last}`;
}

/** Nobody allows the ports behind `publishedBox`, nor those that lead to a guest: each end is asked for its own port. */
const ports = {
  own: { tcp: 8080, udp: 8081, closed: 8082 },
  publishedGuest: { tcp: 9080, udp: 9081, closed: 9082 },
  /** To a guest as well, and whoever asks comes there in the name of the host. */
  masked: { tcp: 9070, udp: 9071, closed: 9072 },
  publishedBox: { tcp: 9090, udp: 9091, closed: 9092 },
  box: { tcp: 7080, udp: 7081, closed: 7082 },
} as const;
const allowedServices = ['tcp/8080', 'udp/8081-8082', 'tcp/9090', 'udp/9091-9092'];

type Route = {
  readonly name: string;
  readonly from: Spot;
  /** Whose address is asked for. */
  readonly to: Spot;
  readonly ports: (typeof ports)[keyof typeof ports];
  readonly places: readonly number[];
};
const routes: readonly Route[] = [
  { name: 'world to guest', from: 'world', to: 'g1', ports: ports.own, places: [1] },
  { name: 'guest to world', from: 'g1', to: 'world', ports: ports.own, places: [1] },
  { name: 'guest to world in the name of the host', from: 'g2', to: 'world', ports: ports.own, places: [2] },
  { name: 'guest to guest', from: 'g1', to: 'g2', ports: ports.own, places: [1, 2] },
  { name: 'guest to host', from: 'g1', to: 'host', ports: ports.own, places: [1, 0] },
  { name: 'host to guest', from: 'host', to: 'g1', ports: ports.own, places: [0, 1] },
  {
    name: 'world to a guest behind a port of the host',
    from: 'world',
    to: 'host',
    ports: ports.publishedGuest,
    places: [1],
  },
  {
    name: 'world to a guest behind a port of the host and in its name',
    from: 'world',
    to: 'host',
    ports: ports.masked,
    places: [1, 0],
  },
  {
    name: 'world to a box behind a port of the host',
    from: 'world',
    to: 'host',
    ports: ports.publishedBox,
    places: [0],
  },
  {
    name: 'guest to a box behind a port of the host',
    from: 'g2',
    to: 'host',
    ports: ports.publishedBox,
    places: [2, 0],
  },
  { name: 'box to world in the name of the host', from: 'box', to: 'world', ports: ports.own, places: [0] },
];

type Flow = {
  readonly name: string;
  readonly route: Route;
  readonly kind: Kind;
  readonly family: Family;
  readonly protocol: Protocol;
  /** Who sends the first packet after a change. */
  readonly first: 'client' | 'server';
};
const flows: readonly Flow[] = routes.flatMap((route) =>
  kinds.flatMap((kind) =>
    families.flatMap((family) =>
      (['tcp', 'udp'] as const).flatMap((protocol) =>
        (['client', 'server'] as const).map((first) => ({
          name: `${route.name}, ${protocol} over IPv${family}, ${kind}, ${first} first`,
          route,
          kind,
          family,
          protocol,
          first,
        })),
      ),
    ),
  ),
);

/** What changes of either end do to connections through a host, and what is said about them on the way. */
export async function checkForwardedFlows(wiring: Wiring): Promise<string[]> {
  const wrong = [
    ...(await inNewNet(wiring, checkNarrowing)),
    ...(await inNewNet(wiring, checkBefore)),
    ...(await inNewNet(wiring, checkExpected)),
  ];
  console.log(`  ${flows.length} ${wiring} connections through a host, while its ends narrow one after another`);
  return wrong.map((line) => `${wiring}, ${line}`);
}

type Run = {
  readonly net: KernelNet;
  readonly ends: Readonly<Record<Spot, EndpointProcess>>;
  readonly wrong: string[];
};

async function inNewNet(wiring: Wiring, check: (run: Run) => Promise<void>): Promise<string[]> {
  const net = await openKernelNet(wiring);
  const all = (spot: Spot) => families.flatMap((family) => kinds.map((kind) => address(addressOf(spot, family, kind))));
  await net.settle(new Map(spots.map((spot) => [spot, all(spot)])));
  await net.spots.host.run('nft', translation());
  const ends = Object.fromEntries(spots.map((spot) => [spot, startEndpoint(net.spots[spot])])) as Run['ends'];
  for (const spot of spots) await ends[spot].orders(serversOf(spot));
  const run: Run = { net, ends, wrong: [] };
  await check(run);
  await Promise.all(Object.values(ends).map((end) => end.close()));
  await net.close();
  return run.wrong;
}

function serversOf(spot: Spot): Order[] {
  const listening = spot === 'box' ? ports.box : ports.own;
  return families.flatMap((family) =>
    kinds.flatMap((kind) =>
      (['tcp', 'udp'] as const).map((protocol): Order => {
        return { do: 'serve', protocol, address: addressOf(spot, family, kind), port: listening[protocol] };
      }),
    ),
  );
}

function translation(): string {
  const asked = families.flatMap((family) =>
    kinds.flatMap((kind) =>
      (['tcp', 'udp', 'closed'] as const).flatMap((which) =>
        (
          [
            ['g1', ports.publishedGuest, ports.own],
            ['g1', ports.masked, ports.own],
            ['box', ports.publishedBox, ports.box],
          ] as const
        ).map(([at, outer, inner]) => {
          const [ip, to] = [family === 4 ? 'ip' : 'ip6', addressOf(at, family, kind)];
          const target = family === 4 ? to : `[${to}]`;
          const match = `${ip} daddr ${addressOf('host', family, kind)} ${which === 'tcp' ? 'tcp' : 'udp'}`;
          return `${match} dport ${outer[which]} dnat ${ip} to ${target}:${inner[which]}`;
        }),
      ),
    ),
  );
  const leaving = families.flatMap((family) =>
    (['g2', 'box'] as const).flatMap((spot) =>
      kinds.map((kind) => {
        const ip = family === 4 ? 'ip' : 'ip6';
        const own = addressOf('host', family, kind);
        return `oifname "eth0" ${ip} saddr ${addressOf(spot, family, kind)} snat ${ip} to ${own}`;
      }),
    ),
  );
  const masked = families.flatMap((family) =>
    kinds.flatMap((kind) =>
      (['tcp', 'udp', 'closed'] as const).map((which) => {
        const [ip, own] = [family === 4 ? 'ip' : 'ip6', addressOf('host', family, kind)];
        const asked = `meta l4proto ${which === 'tcp' ? 'tcp' : 'udp'} ct original proto-dst ${ports.masked[which]}`;
        return `ct original ${ip} daddr ${own} ${asked} snat ${ip} to ${own}`;
      }),
    ),
  );
  return `table inet engine {
    chain pre { type nat hook prerouting priority dstnat; ${asked.join('\n')}
    }
    chain post { type nat hook postrouting priority srcnat; ${[...masked, ...leaving].join('\n')}
    }
  }`;
}

const allow: Outcome = { verdict: 'allow', rule: 'live/allow', tier: 'application' };
const deny: Outcome = { verdict: 'deny', rule: null, tier: null };

function rulesetAt(place: number, allowed: readonly Kind[], generation: number): HostRuleset {
  const table = {
    cells: allowed.map((kind) => ({ identity: kinds.indexOf(kind) + 1, class: 1, decision: 1 })),
    miss: 0,
  };
  const all = (spot: Spot) =>
    families.flatMap((family) => kinds.map((kind) => ({ kind, at: address(addressOf(spot, family, kind)) })));
  const peers = spots.flatMap(all).map(({ kind, at }) => ({ address: at, identity: kinds.indexOf(kind) + 1 }));
  const spot = spots.find((one) => placeOf[one] === place) ?? 'host';
  const local = all(spot).map(({ at }) => at);
  const content: HostRulesetContent = {
    ...(place > 0 && { local: local.toSorted(compareAddresses) }),
    identities: kinds.map((name, index) => ({ id: index + 1, name })),
    addresses: peers.toSorted((a, b) => compareAddresses(a.address, b.address)),
    prefixes: [],
    classes: [{ id: 1, services: allowedServices.map(serviceRange) }],
    decisions: [
      { number: 0, effective: deny, intended: deny },
      { number: 1, effective: allow, intended: allow },
    ],
    ends: [{ addresses: [], inbound: table, outbound: table }],
  };
  const numbers = { generation, revision: generation, version: 1 };
  return { format: 1, workload: spot, content, hash: contentHash(content), ...numbers };
}

async function load({ net }: Run, place: number, allowed: readonly Kind[], generation: number): Promise<void> {
  const done = await net.backEnds[place]?.replace(rulesetAt(place, allowed, generation));
  if (done?.kind !== 'done') throw new Error(done?.message);
}

function open(flow: Flow, which: Protocol | 'closed' = flow.protocol): Order {
  const { route, family, kind, protocol, name } = flow;
  const [from, to] = [addressOf(route.from, family, kind), addressOf(route.to, family, kind)];
  return { do: 'open', name, protocol, from, to, port: route.ports[which] };
}

type Expectation = {
  readonly when: string;
  readonly order: (flow: Flow) => Order;
  readonly alive: (flow: Flow) => boolean;
};

async function expectAll(
  { ends, wrong }: Run,
  list: readonly Flow[],
  { when, order, alive }: Expectation,
): Promise<void> {
  const replies = await Promise.all(
    list.map((flow) => ends[flow.route.from].order(expecting(order(flow), alive(flow)))),
  );
  for (const [index, flow] of list.entries()) {
    const reply = replies[index];
    if (reply === undefined || reply.ok === alive(flow)) continue;
    wrong.push(`${when}: ${flow.name}: ${reply.ok ? 'goes on' : `stopped (${reply.error})`}`);
  }
}

const ask = ({ name }: Flow): Order => ({ do: 'ask', name });
const heard = ({ name }: Flow): Order => ({ do: 'heard', name });

/** Who was to speak first after a change does; then the other. */
async function expectAfter(run: Run, when: string, alive: (flow: Flow) => boolean): Promise<void> {
  const first = (who: Flow['first']) => flows.filter((flow) => flow.first === who);
  await expectAll(run, first('client'), { when, order: ask, alive });
  await Promise.all(Object.values(run.ends).map((end) => end.order({ do: 'push' })));
  await expectAll(run, first('server'), { when: `${when}, server speaks`, order: heard, alive });
  await expectAll(run, first('server'), { when: `${when}, then the client`, order: ask, alive });
}

async function checkNarrowing(run: Run): Promise<void> {
  for (const place of [0, 1, 2]) await load(run, place, kinds, 1);
  await expectAll(run, flows, { when: 'at first', order: open, alive: () => true });
  await checkErrors(run, 'at first', kinds);
  for (const place of [0, 1, 2]) await load(run, place, kinds, 1);
  await expectAfter(run, 'after changes that narrow nothing', () => true);
  const narrowed = new Set<number>();
  for (const place of [2, 0, 1]) {
    await load(run, place, ['keep'], 2);
    narrowed.add(place);
    const alive = ({ kind, route }: Flow) => kind === 'keep' || !route.places.some((one) => narrowed.has(one));
    await expectAfter(run, `after place ${[...narrowed].join(', ')} narrowed`, alive);
    const again = flows.map((flow) => ({ ...flow, name: `${flow.name}, new after ${place}` }));
    await expectAll(run, again, { when: `new after place ${place} narrowed`, order: open, alive });
  }
  await checkErrors(run, 'after narrowing', ['keep']);
  await run.net.backEnds[1]?.remove();
  // What served a published port is a container like any other now, and the port is the host's own, which denies it.
  const alive = ({ route }: Flow) => route.ports !== ports.publishedGuest && route.ports !== ports.masked;
  const kept = flows.filter(({ kind }) => kind === 'keep');
  await expectAll(run, kept, { when: 'after a guest went', order: ask, alive });
}

/** Connections are older than the first ruleset. */
async function checkBefore(run: Run): Promise<void> {
  await expectAll(run, flows, { when: 'without a ruleset', order: open, alive: () => true });
  for (const place of [1, 0, 2]) await load(run, place, ['keep'], 1);
  await expectAfter(run, 'after the first rulesets', ({ kind }) => kind === 'keep');
}

/** The second port of a protocol with two connections; nobody allows it. */
const announced = 7999;
const helpers = families.map((family) => {
  const [name, l3] = family === 4 ? ['ftp4', 'ip'] : ['ftp6', 'ip6'];
  return {
    object: `ct helper ${name} { type "ftp" protocol tcp; l3proto ${l3}; }`,
    use: `meta protocol ${l3} tcp dport 8080 ct helper set "${name}"`,
  };
});
const helperTable = `table inet helpers { ${helpers.map(({ object }) => object).join('\n')}
  chain pre { type filter hook prerouting priority -110; ${helpers.map(({ use }) => use).join('\n')}
  }
}`;

/**
 * A connection that tracking expects, because an allowed one announced it, passes through the host like that one; the
 * same port without the announcement does not, and a change that denies the first cuts the second.
 */
async function checkExpected(run: Run): Promise<void> {
  const { ends } = run;
  await run.net.spots.host.run('nft', helperTable);
  for (const place of [0, 1, 2]) await load(run, place, kinds, 1);
  const controls = flows.filter(({ protocol, first, route }) => {
    return protocol === 'tcp' && first === 'client' && route.from === 'world' && route.to === 'g1';
  });
  const data = controls.map((flow): Flow => ({ ...flow, name: `${flow.name}, announced` }));
  const openData = ({ name, family, kind }: Flow): Order => {
    const [from, to] = [addressOf('world', family, kind), addressOf('g1', family, kind)];
    return { do: 'open', name, protocol: 'tcp', from, to, port: announced };
  };
  // The helper reads whole lines only, and so not before it has seen one end.
  const greet = ({ name }: Flow): Order => ({ do: 'say', name, text: '220 ready\r\n' });
  const announce = ({ name, family, kind }: Flow): Order => {
    const numbers = [...addressOf('g1', family, kind).split('.'), announced >> 8, announced & 255];
    const text = family === 4 ? `227 Entering Passive Mode (${numbers.join(',')})` : `229 Entering (|||${announced}|)`;
    return { do: 'say', name, text: `${text}\r\n` };
  };
  const listening = families.flatMap((family) =>
    kinds.map((kind): Order => {
      return { do: 'serve', protocol: 'tcp', address: addressOf('g1', family, kind), port: announced };
    }),
  );
  await ends.g1.orders(listening);
  await expectAll(run, controls, { when: 'with a helper', order: open, alive: () => true });
  await expectAll(run, controls, { when: 'with a helper', order: greet, alive: () => true });
  await expectAll(run, data, { when: 'not announced', order: openData, alive: () => false });
  for (const [index, control] of controls.entries()) {
    const own = data.slice(index, index + 1);
    await expectAll(run, [control], { when: 'announcing', order: announce, alive: () => true });
    await expectAll(run, own, { when: 'announced', order: openData, alive: () => true });
  }
  await expectAll(run, data, { when: 'announced', order: ask, alive: () => true });
  await load(run, 1, ['keep'], 2);
  const cut = data.filter(({ kind }) => kind === 'cut');
  await expectAll(run, cut, { when: 'after what announced it is denied', order: ask, alive: () => false });
}

/** An error about an allowed flow comes back through the host, translated or not, although nobody allowed ICMP. */
async function checkErrors(run: Run, when: string, allowed: readonly Kind[]): Promise<void> {
  const datagrams = flows.filter((flow) => flow.protocol === 'udp' && flow.first === 'client');
  const closed = datagrams.map((flow) => ({ ...flow, name: `${flow.name}, closed ${when}` }));
  const replies = await Promise.all(closed.map((flow) => run.ends[flow.route.from].order(open(flow, 'closed'))));
  for (const [index, flow] of closed.entries()) {
    const expected = allowed.includes(flow.kind) ? 'ECONNREFUSED' : null;
    const error = replies[index]?.error ?? null;
    if (error !== expected && !(expected === null && error === 'EPERM'))
      run.wrong.push(`${when}: ${flow.name}: the error that came is ${error} instead of ${expected}`);
  }
}
