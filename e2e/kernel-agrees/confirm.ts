import type { Address } from '@bulkhead/net/address.ts';
import { serviceProtocol, serviceValue } from '@bulkhead/net/service-space.ts';
import { isAllowed, passedTable, type Wire } from './agreement.ts';
import type { EndpointProcess } from './endpoint-process.ts';
import type { KernelCases } from './kernel-cases.ts';
import type { Spot } from './kernel-net.ts';
import type { Probe } from './probes.ts';

/** Of so many first packets one is confirmed by a real connection. */
export const oneOf = 100;
const tcp = 6;

export type Confirmed = { readonly wrong: readonly string[]; readonly tried: number };

/**
 * A sample of the first packets again, as connections: what passed gets an answer from whom it was meant for, and what
 * did not gets none. The table that keeps first packets from going further is put aside meanwhile.
 */
export async function confirmSome(
  wire: Wire,
  ends: Readonly<Record<Spot, EndpointProcess>>,
  { seed, probes }: KernelCases,
): Promise<Confirmed> {
  const sample = sampleOf(seed, probes);
  if (sample.length === 0) return { wrong: [], tried: 0 };
  const { net } = wire;
  const outside = sample.flatMap(({ spot, towards, from, delivered }) => [
    ...(spot === 'world' ? [from] : []),
    ...(towards === 'world' ? [delivered.to] : []),
  ]);
  const unsettle = await net.settle(new Map<Spot, readonly Address[]>([['world', [...new Set(outside)]]]));
  await net.spots.host.run('nft', 'delete', 'table', 'inet', 'passed');
  const servers = new Map(sample.map((probe) => [`${probe.delivered.to} ${probe.delivered.service}`, probe]));
  await Promise.all([...servers.values()].map(serve(ends)));
  const replies = await Promise.all(sample.map(open(ends)));
  await Promise.all(Object.values(ends).map((end) => end.order({ do: 'end' })));
  await net.spots.host.run('nft', passedTable);
  await unsettle();
  const wrong = sample.flatMap((probe, index) => {
    const reply = replies[index];
    if (reply?.ok === isAllowed(probe)) return [];
    return [`${probe.where}: a connection ${reply?.ok ? 'came about' : `did not come about (${reply?.error})`}`];
  });
  return { wrong, tried: sample.length };
}

/** Spread over the list, and of the same size whatever it begins with. */
function sampleOf(seed: number, probes: readonly Probe[]): Probe[] {
  const candidates = probes.filter(({ service }) => serviceProtocol(service) === tcp);
  const wanted = Math.min(candidates.length, Math.ceil(probes.length / oneOf));
  const step = candidates.length / Math.max(1, wanted);
  return Array.from({ length: wanted }, (_, index) => candidates[Math.floor(index * step + (seed % step))]).flatMap(
    (probe) => (probe === undefined ? [] : [probe]),
  );
}

const serve =
  (ends: Readonly<Record<Spot, EndpointProcess>>) =>
  ({ towards, delivered }: Probe) =>
    ends[towards].order({ do: 'serve', protocol: 'tcp', address: delivered.to, port: serviceValue(delivered.service) });

const open =
  (ends: Readonly<Record<Spot, EndpointProcess>>) =>
  ({ spot, from, to, service }: Probe, index: number) =>
    ends[spot].order({ do: 'open', name: String(index), protocol: 'tcp', from, to, port: serviceValue(service) });
