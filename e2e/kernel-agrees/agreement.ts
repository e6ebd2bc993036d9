import type { Decision } from '@bulkhead/model/decision.ts';
import { protocolHasPorts, protocolIsIcmp, serviceProtocol } from '@bulkhead/net/service-space.ts';
import { type LogPrefix, parseLogPrefix } from '@bulkhead/sensors/nflog/log-prefix.ts';
import { orient } from '@bulkhead/sensors/nflog/orient.ts';
import type { LogRecord } from '@bulkhead/sensors/nflog/record.ts';
import { becomesTrue, type LogListener, listenToLog, openPacketSender, type PacketSender } from './estate-net.ts';
import type { KernelCases } from './kernel-cases.ts';
import { insides, type KernelNet, type Spot } from './kernel-net.ts';
import { buildPacket } from './packets.ts';
import type { ExpectedEnd, Probe } from './probes.ts';

export const productGroup = 4279;
/** What passed our hooks is logged once more behind them, by a table of the test's own, and goes no further. */
export const passedGroup = 4280;
export const passedTable = `table inet passed {
  chain in { type filter hook input priority 100; iif "lo" accept
    log group ${passedGroup} prefix "passed"
    drop; }
  chain out { type filter hook output priority 100; oif "lo" accept
    log group ${passedGroup} prefix "passed"
    drop; }
  chain through { type filter hook postrouting priority 200; oif "lo" accept
    log group ${passedGroup} prefix "passed"
    drop; }
}`;

export type Wire = {
  readonly net: KernelNet;
  readonly product: LogListener;
  readonly passed: LogListener;
  readonly senders: Readonly<Record<Spot, PacketSender>>;
  close(): Promise<void>;
};

export async function openWire(net: KernelNet): Promise<Wire> {
  const { host } = net.spots;
  await host.run('nft', passedTable);
  const [product, passed] = [await listenToLog(host, productGroup), await listenToLog(host, passedGroup)];
  const all = (['world', 'host', ...insides] as const).map(
    (spot) => [spot, openPacketSender(net.spots[spot])] as const,
  );
  const senders = Object.fromEntries(all) as Record<Spot, PacketSender>;
  const parts = [product, passed, ...Object.values(senders)];
  return { net, product, passed, senders, close: async () => void (await Promise.all(parts.map((p) => p.close()))) };
}

/** What the kernel did with one packet. */
type Outcome = { readonly passed: boolean; readonly records: readonly LogRecord[] };

/** Loads the rulesets of one kernel, sends its packets and answers with every disagreement; `also` is done before it goes. */
export async function checkKernel(
  wire: Wire,
  cases: KernelCases,
  also: () => Promise<readonly string[]>,
): Promise<string[]> {
  const { net } = wire;
  const unsettle = await loadKernel(net, cases);
  const wrong = await readBack(net, cases);
  if (wrong.length === 0) wrong.push(...(await checkProbes(wire, cases.probes)));
  if (wrong.length === 0) wrong.push(...(await also()));
  await unsettle();
  await makeRoom(net, cases);
  return wrong;
}

/** Its addresses are somebody else's on the next kernel. Now and then somebody takes the whole table away, which is quick. */
async function makeRoom({ spots, backEnds }: KernelNet, { seed }: KernelCases): Promise<void> {
  if (seed % 3 > 0) await spots.host.run('nft', 'delete', 'table', 'inet', 'bulkhead');
  else for (const backEnd of backEnds.slice(1)) await backEnd.remove();
}

/** Every place against what a load from scratch would hold. */
export async function readBack(net: KernelNet, { seed, rulesets }: KernelCases): Promise<string[]> {
  const wrong: string[] = [];
  for (const [place, ruleset] of rulesets.entries()) {
    const compared = await net.backEnds[place]?.compare(ruleset, 'everything');
    if (compared?.kind === 'done' && compared.value.kind === 'same') continue;
    wrong.push(`seed ${seed}, place ${place} reads back otherwise: ${JSON.stringify(compared)}`);
  }
  return wrong;
}

/** Addresses, translation and rulesets; the answer takes the addresses away. */
export async function loadKernel(net: KernelNet, cases: KernelCases): Promise<() => Promise<void>> {
  const unsettle = await net.settle(cases.addresses);
  await net.spots.host.run('nft', cases.translation);
  for (const [place, ruleset] of cases.rulesets.entries()) {
    const loaded = await net.backEnds[place]?.replace(ruleset);
    if (loaded?.kind !== 'done') throw new Error(`seed ${cases.seed}: ${loaded?.message}`);
  }
  return unsettle;
}

/** Sends every packet and holds what came of it to what was expected, and the counters to the records. */
export async function checkProbes(wire: Wire, probes: readonly Probe[]): Promise<string[]> {
  const before = await countsOf(wire.net);
  const outcomes = await sendAll(wire, probes);
  const wrong = probes.flatMap((probe) => disagreements(probe, outcomes(probe)));
  const counted = (await countsOf(wire.net)).map((count, place) => count - (before[place] ?? 0));
  const recorded = wire.net.backEnds.map((_, place) => wire.product.records.filter((r) => placeIn(r) === place).length);
  return counted.join() === recorded.join()
    ? wrong
    : [...wrong, `counted ${counted.join()} packets by place, recorded ${recorded.join()}`];
}

const placeIn = ({ prefix }: LogRecord): number | null => parseLogPrefix(prefix)?.place ?? null;

/** By place, the packets that the kernel was asked to write a record of. */
function countsOf({ backEnds }: KernelNet): Promise<number[]> {
  return Promise.all(
    backEnds.map(async (backEnd) => {
      const counts = await backEnd.counts();
      return counts.kind === 'done' ? counts.value.reduce((sum, { packets }) => sum + packets, 0) : Number.NaN;
    }),
  );
}

async function sendAll(wire: Wire, probes: readonly Probe[]): Promise<(probe: Probe) => Outcome> {
  wire.product.records.length = 0;
  wire.passed.records.length = 0;
  for (const probe of probes) wire.senders[probe.spot].send(packetOf(probe));
  let [product, passed] = [new Map<string, LogRecord[]>(), new Map<string, LogRecord[]>()];
  // Every packet ends in a record: of its denial, or behind our hooks.
  const decided = (probe: Probe): boolean => {
    const key = keyOf(probe);
    return passed.has(key) || product.get(key)?.some((r) => parseLogPrefix(r.prefix)?.effective === 'deny') === true;
  };
  await becomesTrue(() => {
    if (wire.product.records.length + wire.passed.records.length < probes.length) return false;
    [product, passed] = [byKey(wire.product.records), byKey(wire.passed.records)];
    return probes.every(
      (probe) => decided(probe) && (product.get(keyOf(probe))?.length ?? 0) >= expectedRecords(probe),
    );
  }, 5000);
  [product, passed] = [byKey(wire.product.records), byKey(wire.passed.records)];
  return (probe) => ({ passed: passed.has(keyOf(probe)), records: product.get(keyOf(probe)) ?? [] });
}

const packetOf = ({ from, to, service, client }: Probe): Uint8Array =>
  buildPacket({ direction: 'outbound', local: from, peer: to, service, client });

function byKey(records: readonly LogRecord[]): Map<string, LogRecord[]> {
  return Map.groupBy(records, ({ protocol, source, destination, sourcePort }) =>
    hasClientPort(protocol) ? `${protocol} ${sourcePort}` : `${protocol} ${source} ${destination}`,
  );
}

function keyOf({ service, client, from, to }: Probe): string {
  const protocol = serviceProtocol(service);
  return hasClientPort(protocol) ? `${protocol} ${client}` : `${protocol} ${from} ${to}`;
}

const hasClientPort = (protocol: number): boolean => protocolHasPorts(protocol) || protocolIsIcmp(protocol);

/** Ends that are asked: none after one that denies. */
function askedEnds({ ends }: Probe): readonly ExpectedEnd[] {
  const denied = ends.findIndex(({ expected }) => expected.effective.verdict === 'deny');
  return denied < 0 ? ends : ends.slice(0, denied + 1);
}

export const isAllowed = ({ ends }: Probe): boolean =>
  ends.every(({ expected }) => expected.effective.verdict === 'allow');

/** What is not tracked is logged only where it is denied: nothing tells its first packet from others. */
function loggedEnds(probe: Probe): readonly ExpectedEnd[] {
  const asked = askedEnds(probe);
  return probe.kind === 'untracked' ? asked.filter(({ expected }) => expected.effective.verdict === 'deny') : asked;
}

const expectedRecords = (probe: Probe): number => loggedEnds(probe).length;

function disagreements(probe: Probe, { passed, records }: Outcome): string[] {
  const { where } = probe;
  const should = isAllowed(probe);
  if (passed !== should)
    return [`${where}: ${passed ? 'passed' : 'did not pass'}, decide says otherwise (${texts(records)})`];
  const logged = loggedEnds(probe);
  if (records.length !== logged.length)
    return [`${where}: ${records.length} log records instead of ${logged.length} (${texts(records)})`];
  return logged.flatMap((end, index) => {
    const record = records[index];
    const prefix = record === undefined ? null : parseLogPrefix(record.prefix);
    if (record === undefined || prefix === null) return [`${where}: a record of somebody else`];
    return [...prefixDiffers(prefix, end), ...orientationDiffers(record, prefix, end)].map(
      (text) => `${where}: ${text}`,
    );
  });
}

const texts = (records: readonly LogRecord[]): string => records.map(({ prefix }) => prefix).join(' | ');

function prefixDiffers(prefix: LogPrefix, { place, expected }: ExpectedEnd): string[] {
  const { effective, intended }: Decision = expected;
  const same =
    prefix.place === place &&
    prefix.effective === effective.verdict &&
    prefix.intended === intended.verdict &&
    prefix.rule === intended.rule;
  const says = `decide says ${effective.verdict}, intended ${intended.verdict} by ${intended.rule} at place ${place}`;
  return same ? [] : [`logged ${JSON.stringify(prefix)}, ${says}`];
}

function orientationDiffers(record: LogRecord, { judged, place }: LogPrefix, end: ExpectedEnd): string[] {
  const { direction, local, peer, service } = orient(record, { judged, place, isLocal: (one) => one === end.local });
  const same = direction === end.direction && local === end.local && peer === end.peer && service === end.service;
  return same ? [] : [`reported as ${direction} ${local} ${peer} ${service}`];
}
