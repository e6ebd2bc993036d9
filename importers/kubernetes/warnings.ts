import { namespaceNameKey } from '@bulkhead/model/cluster-names.ts';
import type { Requirement } from '@bulkhead/model/documents.ts';
import type { Finding } from '@bulkhead/model/finding.ts';
import { listed } from '@bulkhead/model/nearest.ts';
import type { Place } from '@bulkhead/model/problem.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { ClusterObject, ObjectHead, Peer, PodPeer } from './cluster.ts';
import { objectText } from './read/head.ts';

type Report = (place: Place, finding: Finding) => void;

/** What the reader of an import should know although nothing is wrong with its files. */
export function reportDoubts(objects: readonly ClusterObject[], report: Report): void {
  equalPriorities(objects, report);
  undeclaredNamespaces(objects, report);
  undeclaredNodes(objects, report);
  domainNames(objects, report);
  sharedAddresses(objects, report);
}

/** SPEC KA2. */
function equalPriorities(objects: readonly ClusterObject[], report: Report): void {
  const byPriority = Map.groupBy(
    objects.filter((object) => object.kind === 'admin').filter(({ priority }) => priority !== null),
    ({ priority }) => priority,
  );
  for (const [priority, policies] of byPriority) {
    const [, second] = policies;
    const names = policies.map(({ head }) => head.name).sort();
    if (second !== undefined) report(second.head.place, samePriority(`${priority}`, names));
  }
}

/** SPEC KW10: one warning for each namespace that has pods, no declaration, and a selector that could ask for its labels. */
function undeclaredNamespaces(objects: readonly ClusterObject[], report: Report): void {
  const declared = new Set(objects.flatMap((object) => (object.kind === 'namespace' ? [object.head.name] : [])));
  const asked = [...podPeers(objects)].flatMap(({ namespaces }) => (namespaces === null ? [] : [namespaces]));
  const told = new Set<string>();
  for (const object of objects) {
    const { namespace } = object.head;
    const hasPods = object.kind === 'pod' || object.kind === 'maker';
    if (!hasPods || declared.has(namespace) || told.has(namespace)) continue;
    if (!asked.some((requirements) => dependsOnLabels(requirements, namespace))) continue;
    told.add(namespace);
    report(object.head.place, undeclaredNamespace(namespace));
  }
}

/** Whether labels beside the name decide if the selector meets a namespace of that name. */
function dependsOnLabels(requirements: readonly Requirement[], namespace: string): boolean {
  const byName = requirements.filter(({ key }) => key === namespaceNameKey);
  return byName.length < requirements.length && requirementsMatch(byName, { [namespaceNameKey]: namespace });
}

function undeclaredNodes(objects: readonly ClusterObject[], report: Report): void {
  const declared = new Set(objects.flatMap((object) => (object.kind === 'node' ? [object.head.name] : [])));
  const unknown = objects.flatMap((object) =>
    object.kind === 'pod' && object.node !== null && !declared.has(object.node) ? [object.node] : [],
  );
  const asks = [...peersOf(objects)].find((peer) => peer.kind === 'nodes' && peer.nodes.length > 0);
  if (asks !== undefined && unknown.length > 0) report(asks.place, undeclaredNode([...new Set(unknown)].sort()));
}

function domainNames(objects: readonly ClusterObject[], report: Report): void {
  for (const object of objects) {
    if (object.kind !== 'admin') continue;
    const peer = object.rules.flatMap(({ peers }) => peers ?? []).find(({ kind }) => kind === 'domain');
    if (peer !== undefined) report(peer.place, unfollowed(object.head.name));
  }
}

/** Whose traffic it is would be a guess, so no selector matches it (policy SPEC D1). */
function sharedAddresses(objects: readonly ClusterObject[], report: Report): void {
  const owners = new Map<Address, ClusterObject>();
  for (const object of objects) {
    const isPod = object.kind === 'pod' && !object.finished && !object.hostNetwork;
    for (const address of isPod || object.kind === 'node' ? object.addresses : []) {
      const owner = owners.get(address);
      if (owner === undefined) owners.set(address, object);
      else report(object.head.place, sharedAddress(address, [owner.head, object.head].map(nameOf).sort()));
    }
  }
}

const nameOf = ({ kind, namespace, name }: ObjectHead): string => objectText(kind, namespace, name);

function* peersOf(objects: readonly ClusterObject[]): Generator<Peer> {
  for (const object of objects) {
    if (object.kind !== 'policy' && object.kind !== 'admin') continue;
    yield object.subject;
    for (const { peers } of object.rules) yield* peers ?? [];
  }
}

function* podPeers(objects: readonly ClusterObject[]): Generator<PodPeer> {
  for (const peer of peersOf(objects)) if (peer.kind === 'pods') yield peer;
}

function samePriority(value: string, names: readonly string[]): Finding {
  return {
    severity: 'warning',
    code: 'equal-priority',
    cannot: 'order the policies of priority',
    value,
    so: `${listed(names)} share it, and Kubernetes applies any of them first`,
    needed: 'priorities of their own are needed where more than one of them matches a connection',
  };
}

function sharedAddress(value: string, names: readonly string[]): Finding {
  return {
    severity: 'warning',
    code: 'shared-address',
    cannot: 'give the address to one workload',
    value,
    so: `${names.join(' and ')} have it`,
    needed: 'no selector matches it',
    hint: 'leave out pods that are gone, or read again when the addresses have settled',
  };
}

function undeclaredNamespace(value: string): Finding {
  return {
    severity: 'warning',
    code: 'undeclared-namespace',
    cannot: 'find the labels of the namespace',
    value,
    so: 'no file declares it and a selector of namespaces may ask for them',
    needed: 'it is taken to have none but its name',
    hint: 'add what "kubectl get namespaces -o yaml" prints',
  };
}

function undeclaredNode(names: readonly string[]): Finding {
  return {
    severity: 'warning',
    code: 'undeclared-node',
    cannot: 'find the labels of nodes',
    so: `no file declares ${listed(names)} and this selector asks for labels`,
    needed: 'they are taken to have none',
    hint: 'add what "kubectl get nodes -o yaml" prints',
  };
}

function unfollowed(value: string): Finding {
  return {
    severity: 'warning',
    code: 'domain-not-followed',
    cannot: 'have hosts enforce the domain names of AdminNetworkPolicy',
    value,
    so: 'they follow names for themselves and not for pods yet',
    needed: 'questions are answered all the same',
  };
}
