import type { Direction } from '@bulkhead/model/words.ts';
import type { LogRecord } from '@bulkhead/sensors/nflog/record.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import { passedGroup } from './agreement.ts';
import { becomesTrue, type EstateNet, listenToLog, openPacketSender } from './estate-net.ts';
import {
  type Family,
  families,
  hostAddress,
  liveContent,
  liveRuleset,
  type Peer,
  peerAddress,
  ports,
} from './live-rulesets.ts';
import { buildPacket, buildRedirect, buildTooBig, type FirstPacket } from './packets.ts';

/** ICMP that passed our hooks, and goes on: unlike in the comparison of first packets. */
const passedTable = `table inet passed {
  chain in { type filter hook input priority 100
    meta l4proto { icmp, ipv6-icmp } log group ${passedGroup} prefix "passed"
  }
  chain out { type filter hook output priority 100
    meta l4proto { icmp, ipv6-icmp } log group ${passedGroup} prefix "passed"
  }
}`;

const peersOf = families.flatMap((family) => (['keep', 'cut'] as const).map((peer) => ({ family, peer })));
const echo = { 4: 'icmp/8/0', 6: 'icmpv6/128/0' } as const;
const answer = { 4: 'icmp/0/0', 6: 'icmpv6/129/0' } as const;
const tooBig = { 4: 'icmp/3/4', 6: 'icmpv6/2/0' } as const;
const client = 45_000;

function packet(direction: Direction, { family, peer }: { family: Family; peer: Peer }, service: string): FirstPacket {
  const [local, remote] = [address(hostAddress[family]), address(peerAddress[peer][family])];
  return { direction, local, peer: remote, service: serviceRange(service).first, client };
}

/**
 * Packets of flows that an older revision stamped, where nothing but the packet can be the first after the change: an
 * answer to an echo is judged as the echo, and an error about a flow passes although ICMP errors are allowed nowhere. A
 * redirect is no error.
 */
export async function checkStalePackets(net: EstateNet): Promise<string[]> {
  await net.host.run('nft', passedTable);
  const passed = await listenToLog(net.host, passedGroup);
  const [fromWorld, fromHost] = [openPacketSender(net.world), openPacketSender(net.host)];
  const wrong: string[] = [];
  await load(net, ['keep', 'cut'], 1);
  for (const one of peersOf) {
    fromWorld.send(buildPacket(packet('inbound', one, echo[one.family])));
    fromWorld.send(buildPacket(packet('inbound', one, `udp/${ports.udp}`)));
  }
  if (!(await becomesTrue(() => seen(passed.records, 'outbound', answer) === 4, 2000)))
    wrong.push('echoes go unanswered');
  await load(net, ['keep'], 2);
  passed.records.length = 0;
  for (const one of peersOf) {
    fromHost.send(buildPacket(packet('outbound', one, answer[one.family])));
    // About the datagram with which the host answered.
    const answered = { ...packet('outbound', one, `udp/${client}`), client: ports.udp };
    if (one.family === 4) fromWorld.send(buildRedirect(answered));
    fromWorld.send(buildTooBig(answered));
  }
  // Both peers' errors: that of the flow to be cut says nothing that its end did not know.
  await becomesTrue(
    () => seen(passed.records, 'inbound', tooBig) === 4 && seen(passed.records, 'outbound', answer) > 2,
    500,
  );
  const [errors, answers] = [seen(passed.records, 'inbound', tooBig), seen(passed.records, 'outbound', answer)];
  if (errors !== 4) wrong.push(`${errors} of 4 errors about stamped flows came in after a change`);
  const redirects = passed.records.filter((r) => r.servicePoint === serviceRange('icmp/5/1').first).length;
  if (redirects > 0) wrong.push(`${redirects} redirects about stamped flows came in although nobody allowed them`);
  if (answers !== 2) wrong.push(`${answers} answers to echoes went out after a change instead of the 2 still allowed`);
  await Promise.all([passed, fromWorld, fromHost].map((part) => part.close()));
  return wrong;
}

async function load(net: EstateNet, allowed: readonly Peer[], revision: number): Promise<void> {
  const done = await net.backEnd.replace(liveRuleset(liveContent(allowed), revision, revision));
  if (done.kind === 'failed') throw new Error(done.message);
}

function seen(records: readonly LogRecord[], direction: Direction, services: Readonly<Record<Family, string>>): number {
  return records.filter((r) => r.direction === direction && r.servicePoint === serviceRange(services[r.family]).first)
    .length;
}
