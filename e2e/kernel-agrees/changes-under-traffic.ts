import { setTimeout as delay } from 'node:timers/promises';
import type { AddressDelta, DirectionTable, HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { parseLogPrefix } from '@bulkhead/sensors/nflog/log-prefix.ts';
import { address, serviceRange } from '@bulkhead/testkit/documents.ts';
import { productGroup } from './agreement.ts';
import { type EstateNet, listenToLog, openPacketSender } from './estate-net.ts';
import {
  families,
  hostAddress,
  lateAddress,
  liveContent,
  liveRuleset,
  peerAddress,
  peers,
  ports,
} from './live-rulesets.ts';
import { buildPacket } from './packets.ts';

const replacements = 30;
/** Peers that are never heard of: they make a change take as long as on a host with many. */
const strangers = 4_000;
/** Packets per direction and family every few milliseconds; each from another port. */
const burst = 25;
/** Share of what was sent that must be on record, or nothing was looked at. */
const leastSeen = 0.98;

/**
 * What is allowed before and after a change is allowed during it: first packets of allowed services go in and out all
 * the while rulesets replace each other that give other numbers to the same identities, classes and decisions, and
 * addresses come and go.
 */
export async function checkChangesUnderTraffic(net: EstateNet): Promise<string[]> {
  const product = await listenToLog(net.host, productGroup);
  await replace(net, numbered(1));
  const traffic = allowedTraffic(net);
  for (let round = 1; round <= replacements; round++) {
    const content = round % 2 === 0 ? wide() : otherwiseNumbered(wide());
    await replace(net, numbered(round * 3, content));
    const identity = content.addresses[0]?.identity ?? 0;
    const late = { address: address(lateAddress), identity };
    const more = { ...content, addresses: [...content.addresses, late] };
    await amend(net, numbered(round * 3 + 1, more), { added: [late], removed: [] });
    await amend(net, numbered(round * 3 + 2, content), { added: [], removed: [late] });
  }
  const sent = await traffic.end();
  await product.close();
  const denied = product.records.filter((record) => parseLogPrefix(record.prefix)?.effective === 'deny');
  console.log(`  ${sent} allowed first packets during ${replacements} replacements and ${2 * replacements} deltas`);
  const allowed = product.records.length - denied.length;
  if (allowed < sent * leastSeen) return [`${allowed} of ${sent} packets were seen at all during changes`];
  if (denied.length === 0) return [];
  const prefixes = new Set(denied.map((record) => record.prefix));
  return [`${denied.length} of ${sent} allowed packets were denied during changes: ${[...prefixes].join(', ')}`];
}

function allowedTraffic(net: EstateNet) {
  const senders = { inbound: openPacketSender(net.world), outbound: openPacketSender(net.host) };
  let [ended, sent] = [false, 0];
  const service = serviceRange(`udp/${ports.udp}`).first;
  const sending = (async () => {
    for (let port = 1024; !ended; port = port > 60_000 ? 1024 : port + burst) {
      for (const direction of ['inbound', 'outbound'] as const) {
        for (const family of families) {
          const [local, peer] = [address(hostAddress[family]), address(peerAddress.keep[family])];
          for (let i = 0; i < burst; i++) {
            senders[direction].send(buildPacket({ direction, local, peer, service, client: port + i }));
          }
          sent += burst;
        }
      }
      await delay(5);
    }
  })();
  return {
    end: async (): Promise<number> => {
      ended = true;
      await sending;
      await Promise.all([senders.inbound.close(), senders.outbound.close()]);
      return sent;
    },
  };
}

async function replace(net: EstateNet, ruleset: HostRuleset): Promise<void> {
  const done = await net.backEnd.replace(ruleset);
  if (done.kind === 'failed') throw new Error(done.message);
}

async function amend(net: EstateNet, next: HostRuleset, addresses: AddressDelta): Promise<void> {
  const base = await net.backEnd.held();
  if (base.kind === 'failed' || base.value === null) throw new Error('The kernel holds nothing');
  const done = await net.backEnd.amend({ base: base.value, next, addresses });
  if (done.kind === 'failed') throw new Error(done.message);
}

/** Every change has a revision of its own, so that flows that exist are judged again too. */
function numbered(generation: number, content: HostRulesetContent = wide()): HostRuleset {
  return liveRuleset(content, generation, generation);
}

function wide(): HostRulesetContent {
  const content = liveContent(['keep']);
  const others = Array.from({ length: strangers }, (_, i) => ({
    address: address(`10.9.${i >> 8}.${i & 255}`),
    identity: peers.cut,
  }));
  return { ...content, addresses: [...content.addresses, ...others] };
}

/** The same to everybody who is judged by it: identities change places, and classes move up for one more. */
function otherwiseNumbered(content: HostRulesetContent): HostRulesetContent {
  const swapped = (identity: number) => peers.keep + peers.cut - identity;
  const table = (given: DirectionTable): DirectionTable => ({
    ...given,
    cells: given.cells.map((cell) => ({ ...cell, identity: swapped(cell.identity), class: cell.class + 1 })),
  });
  return {
    ...content,
    identities: content.identities.map(({ id, name }) => ({ id: swapped(id), name })).reverse(),
    addresses: content.addresses.map((peer) => ({ ...peer, identity: swapped(peer.identity) })),
    classes: [{ id: 1, services: [serviceRange('tcp/9')] }, ...content.classes.map((c) => ({ ...c, id: c.id + 1 }))],
    ends: content.ends.map((end) => ({ ...end, inbound: table(end.inbound), outbound: table(end.outbound) })),
  };
}
