import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Document, LogonDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { withPortLabels } from '@bulkhead/model/port-name.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { defaultNetwork, type Labels, type NetworkAddress } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';

/** Its labels are those that selectors see. */
export type Workload = WorkloadDocument & {
  /** The networks it has addresses in, sorted; `main` alone where it has none. Never empty. */
  readonly networks: readonly string[];
};

/** Workloads with their indexes. Nothing in it depends on the order of the documents. */
export type Estate = {
  /** By name, in byte order. */
  readonly workloads: readonly Workload[];
  readonly byName: ReadonlyMap<string, Workload>;
  /** Per network; null where several workloads claim the address (SPEC D1). */
  readonly owners: ReadonlyMap<string, ReadonlyMap<Address, Workload | null>>;
  /** Who is said to be logged on, per network. */
  readonly logons: ReadonlyMap<string, ReadonlyMap<Address, readonly LogonDocument[]>>;
};

export type BuiltEstate = { readonly estate: Estate; readonly problems: readonly Problem[] };

/** Takes the documents of workloads and logons. Problems: `duplicate-workload` (error; the first stays), `duplicate-address` (warning). */
export function buildEstate(documents: readonly Document[]): BuiltEstate {
  const problems: Problem[] = [];
  const byName = new Map<string, Workload>();
  for (const document of documents) {
    if (document.kind !== 'Workload') continue;
    if (byName.has(document.name)) problems.push(duplicateWorkload(document));
    else byName.set(document.name, withNetworks(document));
  }
  const workloads = [...byName.values()].sort((a, b) => compareBytes(a.name, b.name));
  const owners = new Map<string, Map<Address, Workload | null>>();
  for (const workload of workloads) problems.push(...claim(owners, workload));
  return { estate: { workloads, byName, owners, logons: collectLogons(documents) }, problems };
}

/** SPEC U3. Undefined: nobody said who. */
export function usersAt({ logons }: Estate, { network, address }: NetworkAddress, now: number) {
  const said = logons.get(network)?.get(address) ?? [];
  const valid = said.filter(({ from, until }) => (from ?? now) <= now && (until === null || now < until));
  return valid.length === 0 ? undefined : [...new Set(valid.map(({ user }) => user))];
}

function collectLogons(documents: readonly Document[]): Estate['logons'] {
  const logons = new Map<string, Map<Address, LogonDocument[]>>();
  for (const document of documents) {
    if (document.kind !== 'Logon') continue;
    const inNetwork = logons.get(document.network) ?? new Map<Address, LogonDocument[]>();
    logons.set(document.network, inNetwork);
    const there = inNetwork.get(document.address) ?? [];
    inNetwork.set(document.address, there);
    there.push(document);
  }
  return logons;
}

/** The labels selectors read on an address of the host itself; null after a duplicate claim (SPEC D2). */
export function localLabels(estate: Estate, host: Workload, address: Address | null): Labels | null {
  if (address === null) return host.labels;
  const claims = host.addresses.filter((claimed) => claimed.address === address);
  const disputed = claims.some(({ network }) => estate.owners.get(network)?.get(address) === null);
  return disputed ? null : host.labels;
}

/** Who owns a peer's address for a host in these networks; null: nobody, or more than one (SPEC D1, E11). */
export function ownerSeenFrom(estate: Estate, networks: readonly string[], address: Address): Workload | null {
  let found: Workload | null = null;
  for (const network of networks) {
    const owner = estate.owners.get(network)?.get(address);
    if (owner === undefined) continue;
    if (owner === null || (found !== null && found !== owner)) return null;
    found = owner;
  }
  return found;
}

/** Labels as selectors see them, with those that named ports are. */
export const labelsSeen = ({ labels, ports }: WorkloadDocument): Labels => withPortLabels(labels, ports);

function withNetworks(document: WorkloadDocument): Workload {
  return { ...document, labels: labelsSeen(document), networks: networksOf(document.addresses) };
}

const inDefault: readonly string[] = [defaultNetwork];

/** Sorted; `main` alone where there are no addresses. */
export function networksOf(addresses: readonly NetworkAddress[]): readonly string[] {
  if (addresses.every(({ network }) => network === defaultNetwork)) return inDefault;
  return [...new Set(addresses.map(({ network }) => network))].sort(compareBytes);
}

function claim(owners: Map<string, Map<Address, Workload | null>>, workload: Workload): Problem[] {
  const problems: Problem[] = [];
  for (const { network, address } of workload.addresses) {
    const inNetwork = owners.get(network) ?? new Map<Address, Workload | null>();
    owners.set(network, inNetwork);
    const owner = inNetwork.get(address);
    if (owner === workload) continue;
    if (owner !== undefined) problems.push(duplicateAddress(workload, { network, address }));
    inNetwork.set(address, owner === undefined ? workload : null);
  }
  return problems;
}

function duplicateWorkload(workload: WorkloadDocument): Problem {
  const message = `Cannot add workload "${workload.name}": the name is taken, each workload needs a name of its own`;
  return { severity: 'error', code: 'duplicate-workload', message, place: workload.place, hint: null };
}

function duplicateAddress(workload: Workload, { network, address }: NetworkAddress): Problem {
  const message =
    `Cannot give "${address}" to workload "${workload.name}": another workload of network ${network} claims it, ` +
    'until one of them lets go no selector matches the address';
  return { severity: 'warning', code: 'duplicate-address', message, place: workload.place, hint: null };
}
