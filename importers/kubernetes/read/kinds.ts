import { type Finding, quote } from '@bulkhead/model/finding.ts';
import { nearest } from '@bulkhead/model/nearest.ts';

/** What becomes of objects of a kind. */
export type KindFate =
  | { readonly kind: 'read' }
  | { readonly kind: 'passed' }
  | { readonly kind: 'refused'; readonly finding: Finding };

/** The kinds that are read, each in the one version that is. */
export const readKinds = {
  Namespace: 'v1',
  Node: 'v1',
  Pod: 'v1',
  Service: 'v1',
  ReplicationController: 'v1',
  Deployment: 'apps/v1',
  ReplicaSet: 'apps/v1',
  StatefulSet: 'apps/v1',
  DaemonSet: 'apps/v1',
  Job: 'batch/v1',
  CronJob: 'batch/v1',
  NetworkPolicy: 'networking.k8s.io/v1',
  AdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
  BaselineAdminNetworkPolicy: 'policy.networking.k8s.io/v1alpha1',
} as const;
export type ReadKind = keyof typeof readKinds;

export const clusterKinds: ReadonlySet<string> = new Set<ReadKind>([
  'Namespace',
  'Node',
  'AdminNetworkPolicy',
  'BaselineAdminNetworkPolicy',
]);

/** Kinds beside those that are read, by the group of their API, that decide nothing about a connection. */
const passedKinds: ReadonlyMap<string, readonly string[]> = new Map([
  [
    '',
    [
      ...['ConfigMap', 'Secret', 'ServiceAccount', 'Endpoints', 'Event', 'LimitRange', 'ResourceQuota', 'PodTemplate'],
      ...['PersistentVolume', 'PersistentVolumeClaim', 'ComponentStatus', 'Binding'],
    ],
  ],
  ['apps', ['ControllerRevision']],
  ['networking.k8s.io', ['Ingress', 'IngressClass', 'IPAddress', 'ServiceCIDR']],
  ['extensions', ['Ingress', 'PodSecurityPolicy']],
  ['cilium.io', ['CiliumEndpoint', 'CiliumEndpointSlice', 'CiliumIdentity', 'CiliumNode']],
]);

/** Groups none of whose kinds decides about a connection. */
const passedGroups: ReadonlySet<string> = new Set([
  ...['admissionregistration.k8s.io', 'apiextensions.k8s.io', 'apiregistration.k8s.io', 'authentication.k8s.io'],
  ...['authorization.k8s.io', 'autoscaling', 'certificates.k8s.io', 'coordination.k8s.io', 'discovery.k8s.io'],
  ...['events.k8s.io', 'flowcontrol.apiserver.k8s.io', 'gateway.networking.k8s.io', 'internal.apiserver.k8s.io'],
  ...['metrics.k8s.io', 'node.k8s.io', 'policy', 'rbac.authorization.k8s.io', 'resource.k8s.io'],
  ...['scheduling.k8s.io', 'snapshot.storage.k8s.io', 'storage.k8s.io', 'storagemigration.k8s.io'],
]);

/** Groups whose kinds decide about connections and are not read, with whose they are. */
const decidingGroups: ReadonlyMap<string, string> = new Map([
  ['cilium.io', 'Cilium'],
  ['crd.projectcalico.org', 'Calico'],
  ['projectcalico.org', 'Calico'],
  ['crd.antrea.io', 'Antrea'],
  ['security.istio.io', 'Istio'],
  ['networking.istio.io', 'Istio'],
  ['policy.linkerd.io', 'Linkerd'],
  ['kuma.io', 'Kuma'],
  ['consul.hashicorp.com', 'Consul'],
  ['k8s.ovn.org', 'OVN-Kubernetes'],
  ['kubeovn.io', 'Kube-OVN'],
  ['policy.networking.k8s.io', 'the network policy API'],
]);

export function isReadKind(kind: string): kind is ReadKind {
  return Object.hasOwn(readKinds, kind);
}

export function fateOf(apiVersion: string, kind: string): KindFate {
  const group = groupOf(apiVersion);
  if (isReadKind(kind)) {
    const version = readKinds[kind];
    if (apiVersion === version) return { kind: 'read' };
    if (group === groupOf(version) || group === 'extensions') return refused(otherVersion(apiVersion, kind, version));
  }
  const isPassed = passedGroups.has(group) || passedKinds.get(group)?.includes(kind) === true;
  // The core group has one version, and in another one a kind may mean something else.
  if (isPassed && group === '' && apiVersion !== 'v1') return refused(otherVersion(apiVersion, kind, 'v1'));
  if (isPassed) return { kind: 'passed' };
  if (group === 'kustomize.config.k8s.io') return refused(kustomization);
  const owner = decidingGroups.get(group);
  return refused(owner === undefined ? unknownKind(apiVersion, kind) : otherPolicy(apiVersion, kind, owner));
}

/** `apps` of `apps/v1`, nothing of `v1`. */
export const groupOf = (apiVersion: string): string => apiVersion.slice(0, Math.max(0, apiVersion.indexOf('/')));

const refused = (finding: Finding): KindFate => ({ kind: 'refused', finding });

/** As messages show it: one line, whatever an author wrote. */
const word = (text: string): string => (/^[\w./-]{1,80}$/.test(text) ? text : quote(text));

/** A kind that is read under another group must not go with the one of this group. */
function skipHint(apiVersion: string, kind: string): string {
  const group = groupOf(apiVersion);
  const named = isReadKind(kind) && group !== '' ? `${kind}.${group}` : kind;
  return `--skip ${word(named)} passes over all of that kind`;
}

function otherVersion(apiVersion: string, kind: string, version: string): Finding {
  const so = `it is of ${word(apiVersion)}`;
  return {
    code: 'other-version',
    cannot: 'read the kind',
    value: kind,
    so,
    needed: `${version} is needed`,
    hint: 'kubectl get writes it in the version that the server prefers',
  };
}

function otherPolicy(apiVersion: string, kind: string, owner: string): Finding {
  const so = `it is of ${owner} (${word(apiVersion)}) and may decide about connections`;
  const needed = 'a kind that is read is needed';
  return { code: 'other-policy', cannot: 'read the kind', value: kind, so, needed, hint: skipHint(apiVersion, kind) };
}

function unknownKind(apiVersion: string, kind: string): Finding {
  const near = nearest(kind, Object.keys(readKinds));
  const skip = skipHint(apiVersion, kind);
  const so = `${word(apiVersion)} has no such kind that is known here`;
  return {
    code: 'unknown-kind',
    cannot: 'read the kind',
    value: kind,
    so,
    needed: 'a known kind is needed',
    hint: near === null ? skip : `did you mean "${near}"? ${skip}`,
  };
}

const kustomization: Finding = {
  code: 'template',
  cannot: 'read the kind',
  value: 'Kustomization',
  so: 'it says how objects are made',
  needed: 'the objects are needed',
  hint: 'import what "kubectl kustomize DIR" prints',
};
