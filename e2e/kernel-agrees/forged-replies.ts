import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import { passedGroup } from './agreement.ts';
import type { EndpointProcess } from './endpoint-process.ts';
import { becomesTrue, type EstateNet, listenToLog, openPacketSender } from './estate-net.ts';
import { type Family, families, hostAddress, liveContent, liveRuleset, peerAddress, ports } from './live-rulesets.ts';
import { buildSegment } from './packets.ts';

export type ForgedParts = { readonly net: EstateNet; readonly host: EndpointProcess; readonly world: EndpointProcess };

/** A service of the host on a port that clients use: nobody may reach it. */
const hidden = 40_000;
const [syn, push, ack] = [0x02, 0x08, 0x10];
/** What the attacker sends before it connects, each from a port of its own, all of them ports of servers. */
const preludes: readonly { readonly name: string; readonly flags: readonly number[] }[] = [
  { name: 'nothing', flags: [] },
  { name: 'an answer', flags: [ack] },
  { name: 'answers with data', flags: [ack, ack | push, ack] },
  { name: 'an answer and a first packet', flags: [ack, syn] },
  { name: 'answers around a first packet', flags: [ack, syn, ack] },
];
const firstPort = ports.tcp;

/** A host that does not say which of its ports are closed: its resets would end the forged connections at once. */
const silentHost = `table inet silent {
  chain out { type filter hook output priority -300; tcp flags & rst == rst drop; }
  chain in { type filter hook input priority 100; tcp flags & syn != syn log group ${passedGroup} prefix "passed"; }
}`;

/**
 * The host may connect to the attacker's server ports and the attacker may not connect to the host. Packets that look
 * like answers of such a server must not open the way for a connection from its port.
 */
export async function checkForgedReplies({ net, host, world }: ForgedParts): Promise<string[]> {
  const wrong: string[] = [];
  for (const family of families) {
    await host.order({ do: 'serve', protocol: 'tcp', address: hostAddress[family], port: hidden });
  }
  await loadOutboundOnly(net);
  await net.host.run('nft', silentHost);
  const passed = await listenToLog(net.host, passedGroup);
  const sender = openPacketSender(net.world);
  let answers = 0;
  for (const family of families) {
    for (const [index, { name, flags }] of preludes.entries()) {
      const fromPort = firstPort + index;
      for (const flag of flags) sender.send(segment(family, fromPort, flag));
      answers += flags.filter((flag) => flag !== syn).length;
      // They are taken for answers, so that it is their connection which is tried.
      if (!(await becomesTrue(() => passed.records.length >= answers, 2000))) wrong.push(`${name} did not arrive`);
      const reached = await world.order({
        do: 'open',
        name: `${name}${family}`,
        protocol: 'tcp',
        ...ends(family),
        fromPort,
      });
      if (reached.ok) wrong.push(`a connection over IPv${family} from a server's port got in after ${name}`);
    }
  }
  await Promise.all([passed, sender].map((part) => part.close()));
  return wrong;
}

const ends = (family: Family) => ({ from: peerAddress.keep[family], to: hostAddress[family], port: hidden });

function segment(family: Family, fromPort: number, flags: number): Uint8Array {
  const { from, to } = ends(family);
  return buildSegment({ from: address(from), fromPort, to: address(to), toPort: hidden, flags });
}

async function loadOutboundOnly(net: EstateNet): Promise<void> {
  const content = liveContent(['keep']);
  const classes = [{ id: 1, services: [serviceRange('tcp/8080-8099')] }];
  const nothing = { cells: [], miss: 0 };
  const narrowed = { ...content, classes, ends: content.ends.map((end) => ({ ...end, inbound: nothing })) };
  const done = await net.backEnd.replace(liveRuleset(narrowed, 1, 1));
  if (done.kind === 'failed') throw new Error(done.message);
}
