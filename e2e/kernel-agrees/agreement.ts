import type { Decision } from '@bulkhead/model/decision.ts';
import { protocolHasPorts, protocolIsIcmp, serviceProtocol } from '@bulkhead/net/service-space.ts';
import { parseLogPrefix } from '@bulkhead/sensors/nflog/log-prefix.ts';
import { orient } from '@bulkhead/sensors/nflog/orient.ts';
import type { LogRecord } from '@bulkhead/sensors/nflog/record.ts';
import { becomesTrue, type EstateNet, type LogListener, type PacketSender } from './estate-net.ts';
import { buildPacket } from './packets.ts';
import type { Case, HostCases } from './random-cases.ts';

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
}`;

export type Wire = {
  readonly net: EstateNet;
  readonly product: LogListener;
  readonly passed: LogListener;
  readonly fromWorld: PacketSender;
  readonly fromHost: PacketSender;
};

/** What the kernel did with one packet. */
type Outcome = { readonly passed: boolean; readonly records: readonly LogRecord[] };

/** Loads one host's ruleset, sends its packets and answers with every disagreement. */
export async function checkHost(wire: Wire, { ruleset, addresses, cases }: HostCases): Promise<string[]> {
  const { host, backEnd } = wire.net;
  for (const address of addresses) await host.run('ip', 'addr', 'add', address, 'dev', 'eth0', ...noDad(address));
  const loaded = await backEnd.replace(ruleset);
  if (loaded.kind === 'failed') return [loaded.message];
  const compared = await backEnd.compare(ruleset, 'everything');
  const wrong =
    compared.kind === 'done' && compared.value.kind === 'same'
      ? []
      : [`${cases[0]?.where}: ${JSON.stringify(compared)}`];
  const outcomes = await sendAll(wire, cases);
  wrong.push(...cases.flatMap((one) => disagreements(one, outcomes(one))));
  for (const address of addresses) await host.run('ip', 'addr', 'del', address, 'dev', 'eth0');
  return wrong;
}

const noDad = (address: string): string[] => (address.includes(':') ? ['nodad'] : []);

async function sendAll(wire: Wire, cases: readonly Case[]): Promise<(one: Case) => Outcome> {
  wire.product.records.length = 0;
  wire.passed.records.length = 0;
  for (const one of cases) {
    (one.direction === 'inbound' ? wire.fromWorld : wire.fromHost).send(buildPacket(one));
  }
  let [product, passed] = [new Map<string, LogRecord[]>(), new Map<string, LogRecord[]>()];
  // Every packet ends in a record: of its denial, or behind our hooks.
  const decided = (one: Case) => {
    const denied = product.get(keyOfCase(one))?.some((r) => parseLogPrefix(r.prefix)?.effective === 'deny');
    return denied === true || passed.has(keyOfCase(one));
  };
  await becomesTrue(() => {
    [product, passed] = [byKey(wire.product.records), byKey(wire.passed.records)];
    return cases.every(decided) && cases.every((one) => one.kind === 'untracked' || product.has(keyOfCase(one)));
  }, 3000);
  return (one) => ({ passed: passed.has(keyOfCase(one)), records: product.get(keyOfCase(one)) ?? [] });
}

function byKey(records: readonly LogRecord[]): Map<string, LogRecord[]> {
  return Map.groupBy(records, ({ direction, source, destination, servicePoint, sourcePort }) => {
    const [local, peer] = direction === 'inbound' ? [destination, source] : [source, destination];
    return `${direction} ${local} ${peer} ${servicePoint} ${sourcePort}`;
  });
}

function keyOfCase({ direction, local, peer, service, client }: Case): string {
  const protocol = serviceProtocol(service);
  const port = protocolHasPorts(protocol) || protocolIsIcmp(protocol) ? client : 0;
  return `${direction} ${local} ${peer} ${service} ${port}`;
}

function disagreements(one: Case, { passed, records }: Outcome): string[] {
  const { expected, where } = one;
  const should = expected.effective.verdict === 'allow';
  if (passed !== should)
    return [`${where}: ${passed ? 'passed' : 'did not pass'}, decide says ${expected.effective.verdict}`];
  if (one.kind === 'untracked' && should) return records.length === 0 ? [] : [`${where}: untracked, yet logged`];
  const [record] = records;
  if (record === undefined || records.length > 1) return [`${where}: ${records.length} log records instead of one`];
  return [...prefixDiffers(record, expected), ...orientationDiffers(record, one)].map((text) => `${where}: ${text}`);
}

function prefixDiffers(record: LogRecord, { effective, intended }: Decision): string[] {
  const prefix = parseLogPrefix(record.prefix);
  const same =
    prefix !== null &&
    prefix.effective === effective.verdict &&
    prefix.intended === intended.verdict &&
    prefix.rule === intended.rule;
  return same
    ? []
    : [`logged "${record.prefix}", decide says ${effective.verdict}, intended ${intended.verdict} by ${intended.rule}`];
}

function orientationDiffers(record: LogRecord, one: Case): string[] {
  const judged = parseLogPrefix(record.prefix)?.judged ?? one.direction;
  const { direction, local, peer, service } = orient(record, { judged, place: 0, isLocal: () => false });
  const same = direction === one.direction && local === one.local && peer === one.peer && service === one.service;
  return same ? [] : [`reported as ${direction} ${local} ${peer} ${service}`];
}
