import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { address } from '@bulkhead/testkit/documents.ts';
import { checkChangesUnderTraffic } from './changes-under-traffic.ts';
import type { Order } from './endpoint.ts';
import { type EndpointProcess, expecting, startEndpoint } from './endpoint-process.ts';
import { type EstateNet, openEstateNet } from './estate-net.ts';
import { checkForgedReplies } from './forged-replies.ts';
import { checkHelperFlows } from './helper-flows.ts';
import {
  type Family,
  families,
  hostAddress,
  lateAddress,
  liveContent,
  liveRuleset,
  type Peer,
  peerAddress,
  peers,
  ports,
} from './live-rulesets.ts';
import { checkStalePackets } from './stale-packets.ts';

type Protocol = 'tcp' | 'udp';
type Live = {
  readonly name: string;
  readonly peer: Peer;
  readonly family: Family;
  readonly protocol: Protocol;
  readonly direction: 'inbound' | 'outbound';
  /** Who sends the first packet after the change. */
  readonly first: 'client' | 'server';
};

const all: readonly Live[] = families.flatMap((family) =>
  (['keep', 'cut'] as const).flatMap((peer) =>
    (['tcp', 'udp'] as const).flatMap((protocol) =>
      (['inbound', 'outbound'] as const).flatMap((direction) =>
        (['client', 'server'] as const).map((first) => ({
          name: `${protocol} over IPv${family}, ${direction}, ${peer}, ${first} first`,
          peer,
          family,
          protocol,
          direction,
          first,
        })),
      ),
    ),
  ),
);

/** What changes of a ruleset do to connections that exist. Answers with what is wrong. */
export async function checkLiveConnections(): Promise<string[]> {
  const wrong = [
    ...(await inNewEstate(checkChanges)),
    ...(await inNewEstate(checkConnectionsMetInTheMiddle)),
    ...(await inNewEstate(checkDrain)),
    ...(await inNewEstate(async (estate) => void estate.wrong.push(...(await checkHelperFlows(estate))))),
    ...(await inNewEstate(async ({ net, wrong }) => void wrong.push(...(await checkStalePackets(net))))),
    ...(await inNewEstate(async (estate) => void estate.wrong.push(...(await checkForgedReplies(estate))))),
    ...(await inNewEstate(async ({ net, wrong }) => void wrong.push(...(await checkChangesUnderTraffic(net))))),
  ];
  console.log(
    `  ${all.length} live connections through a narrowing change; connections met in their middle; drained ones; deltas; errors; file transfers; forged answers`,
  );
  return wrong;
}

class Estate {
  readonly wrong: string[] = [];
  readonly net: EstateNet;
  readonly host: EndpointProcess;
  readonly world: EndpointProcess;

  constructor(net: EstateNet) {
    this.net = net;
    this.host = startEndpoint(net.host);
    this.world = startEndpoint(net.world);
  }

  async load(ruleset: HostRuleset): Promise<void> {
    const loaded = await this.net.backEnd.replace(ruleset);
    if (loaded.kind === 'failed') throw new Error(loaded.message);
  }

  clientOf(live: Live): EndpointProcess {
    return live.direction === 'inbound' ? this.world : this.host;
  }

  /** One order per connection, all at once; `expected` says which must be answered with success. */
  async expect(when: string, lives: readonly Live[], order: (live: Live) => Order, expected: (live: Live) => boolean) {
    const replies = await Promise.all(
      lives.map((live) => this.clientOf(live).order(expecting(order(live), expected(live)))),
    );
    replies.forEach((reply, index) => {
      const live = lives[index];
      if (live === undefined || reply.ok === expected(live)) return;
      this.wrong.push(`${when}: ${live.name}: ${reply.ok ? 'goes on' : `stopped (${reply.error})`}`);
    });
  }
}

async function inNewEstate(check: (estate: Estate) => Promise<void>): Promise<string[]> {
  const net = await openEstateNet();
  for (const family of families) {
    await net.host.run('ip', 'addr', 'add', hostAddress[family], 'dev', 'eth0', ...(family === 6 ? ['nodad'] : []));
    for (const text of [peerAddress.keep[family], peerAddress.cut[family], ...(family === 4 ? [lateAddress] : [])]) {
      await net.world.run('ip', 'addr', 'add', text, 'dev', 'eth0', ...(family === 6 ? ['nodad'] : []));
    }
  }
  const estate = new Estate(net);
  await serveEverywhere(estate);
  await check(estate);
  await Promise.all([estate.host.close(), estate.world.close()]);
  await net.close();
  return estate.wrong;
}

async function serveEverywhere({ host, world }: Estate): Promise<void> {
  const serve = (text: string): Order[] =>
    (['tcp', 'udp'] as const).map((protocol) => ({ do: 'serve', protocol, address: text, port: ports[protocol] }));
  await host.orders(families.flatMap((family) => serve(hostAddress[family])));
  await world.orders(
    families.flatMap((family) => [...serve(peerAddress.keep[family]), ...serve(peerAddress.cut[family])]),
  );
}

function open(live: Live): Order {
  const [own, peer] = [hostAddress[live.family], peerAddress[live.peer][live.family]];
  const [from, to] = live.direction === 'inbound' ? [peer, own] : [own, peer];
  return { do: 'open', name: live.name, protocol: live.protocol, from, to, port: ports[live.protocol] };
}

const ask = (live: Live): Order => ({ do: 'ask', name: live.name });
const heard = (live: Live): Order => ({ do: 'heard', name: live.name });
const isKept = (live: Live): boolean => live.peer === 'keep';
const always = (): boolean => true;

/** The side that was to speak first after a change does; then the other. */
async function expectAfter(estate: Estate, when: string, lives: readonly Live[]): Promise<void> {
  const byClient = lives.filter((live) => live.first === 'client');
  await estate.expect(when, byClient, ask, isKept);
  const byServer = lives.filter((live) => live.first === 'server');
  // Whatever was heard before is forgotten by asking for it.
  await Promise.all([estate.host.order({ do: 'push' }), estate.world.order({ do: 'push' })]);
  await estate.expect(`${when}, server speaks`, byServer, heard, isKept);
  await estate.expect(`${when}, then the client`, byServer, ask, isKept);
}

async function checkChanges(estate: Estate): Promise<void> {
  await estate.load(liveRuleset(liveContent(['keep', 'cut']), 1, 7));
  await estate.expect('at first', all, open, always);
  await estate.expect('at first', all, ask, always);
  await estate.load(liveRuleset(liveContent(['keep', 'cut']), 2, 7));
  await estate.expect('after a change that narrows nothing', all, ask, always);
  await estate.load(liveRuleset(liveContent(['keep']), 3, 8));
  await expectAfter(estate, 'after narrowing', all);
  const again = all.map((live) => ({ ...live, name: `${live.name}, new` }));
  await estate.expect('new after narrowing', again, open, isKept);
  await checkDeltas(estate);
  await checkErrors(estate);
}

/** Narrowed under the same revision: what is there goes on, what is new is judged; the next revision judges all. */
async function checkDrain(estate: Estate): Promise<void> {
  await estate.load(liveRuleset(liveContent(['keep', 'cut']), 1, 3));
  await estate.expect('before a drain', all, open, always);
  await estate.load(liveRuleset(liveContent(['keep']), 2, 3));
  await estate.expect('drained', all, ask, always);
  const again = all.map((live) => ({ ...live, name: `${live.name}, new` }));
  await estate.expect('new while others drain', again, open, isKept);
  await estate.load(liveRuleset(liveContent(['keep']), 3, 4));
  await expectAfter(estate, 'after the drain', all);
}

/** One address becomes a peer and stops being one. */
async function checkDeltas(estate: Estate): Promise<void> {
  const { net, world, wrong } = estate;
  const late = { address: address(lateAddress), identity: peers.keep };
  const opening = { protocol: 'tcp', from: lateAddress, to: hostAddress[4], port: ports.tcp } as const;
  const amend = async (next: HostRuleset, addresses: Parameters<typeof net.backEnd.amend>[0]['addresses']) => {
    const base = await net.backEnd.held();
    if (base.kind === 'failed' || base.value === null) throw new Error('The kernel holds nothing');
    const done = await net.backEnd.amend({ base: base.value, next, addresses });
    if (done.kind === 'failed') throw new Error(done.message);
  };
  if ((await world.order({ do: 'open', name: 'early', ...opening })).ok)
    wrong.push('an address is a peer before its delta');
  await amend(liveRuleset(liveContent(['keep'], [lateAddress]), 4, 8), { added: [late], removed: [] });
  if (!(await world.order({ do: 'open', name: 'late', ...opening })).ok) wrong.push('an added address is no peer');
  if (!(await world.order({ do: 'ask', name: 'late' })).ok) wrong.push('an added address is not answered');
  await amend(liveRuleset(liveContent(['keep']), 5, 9), { added: [], removed: [late] });
  if ((await world.order({ do: 'ask', name: 'late' })).ok) wrong.push('the connection of a removed address goes on');
  if ((await world.order({ do: 'open', name: 'later', ...opening })).ok)
    wrong.push('a removed address is still a peer');
  await estate.expect('after the deltas', all.filter(isKept), ask, always);
}

/** An error about an allowed flow comes back although nobody allowed ICMP. */
async function checkErrors({ host, world, wrong }: Estate): Promise<void> {
  for (const family of families) {
    const [own, peer] = [hostAddress[family], peerAddress.keep[family]];
    const closed = { do: 'open', protocol: 'udp', port: ports.closed } as const;
    const outbound = await host.order({ ...closed, name: `out${family}`, from: own, to: peer });
    if (outbound.error !== 'ECONNREFUSED') wrong.push(`no ICMP error came in over IPv${family}: ${outbound.error}`);
    const inbound = await world.order({ ...closed, name: `in${family}`, from: peer, to: own });
    if (inbound.error !== 'ECONNREFUSED') wrong.push(`no ICMP error went out over IPv${family}: ${inbound.error}`);
  }
}

/**
 * The host gets its first ruleset while connections are open, and tracking sees whoever speaks first. A datagram of the
 * server is then the first of a flow of its own: nothing in it says otherwise.
 */
async function checkConnectionsMetInTheMiddle(estate: Estate): Promise<void> {
  const lives = all.filter((live) => live.protocol === 'tcp' || live.first === 'client');
  await estate.expect('without a ruleset', lives, open, always);
  await estate.load(liveRuleset(liveContent(['keep']), 1, 1));
  await expectAfter(estate, 'after the first ruleset', lives);
  await estate.load(liveRuleset(liveContent(['keep']), 2, 2));
  await expectAfter(estate, 'after the second ruleset', lives);
}
