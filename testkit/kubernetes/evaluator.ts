import { blockContains, holdAllAddresses } from './cidr.ts';
import { type Labels, selects } from './label-selector.ts';
import {
  type AdminAction,
  type AdminNetworkPolicy,
  type AdminPeer,
  type AdminPort,
  type AdminRule,
  type AdminSubject,
  type Cluster,
  type NetworkPolicy,
  type NetworkPolicyPeer,
  type NetworkPolicyPort,
  ofKind,
  type Pod,
  type Protocol,
} from './objects.ts';
import { namespaceOf, podName, type Side } from './sides.ts';

/**
 * The specification of Kubernetes network policies as loops, to be read beside it; it knows nothing of how this
 * product reads a cluster, and imports nothing of it. The sources it cites:
 * "docs": kubernetes.io/docs/concepts/services-networking/network-policies, by heading;
 * "networking/v1": the comments of k8s.io/api/networking/v1/types.go, by field;
 * "admin": the comments of policy.networking.k8s.io/v1alpha1 in kubernetes-sigs/network-policy-api, by field.
 */
export type Question = { readonly from: Side; readonly to: Side; readonly protocol: Protocol; readonly port: number };

/** `none`: there is no pod at that end, so no policy speaks for it. */
export type EndVerdict = 'allow' | 'deny' | 'none';
export type Verdict = {
  readonly source: EndVerdict;
  readonly destination: EndVerdict;
  readonly both: 'allow' | 'deny';
};

type Direction = 'Ingress' | 'Egress';
/** One end's view: the pod that is judged, who is at the other end, and the port, which is always the destination's. */
type View = { readonly pod: Pod; readonly peer: Side; readonly server: Pod | null } & Pick<
  Question,
  'protocol' | 'port'
>;

/** docs, "The two sorts of pod isolation": both ends have to allow a connection, and either can stop it. */
export function evaluate(cluster: Cluster, question: Question): Verdict {
  const source = judgeEnd(cluster, question, 'Egress');
  const destination = judgeEnd(cluster, question, 'Ingress');
  return { source, destination, both: source === 'deny' || destination === 'deny' ? 'deny' : 'allow' };
}

/** docs, introduction: policies apply to connections that have a pod at one end or at both, and to no others. */
function judgeEnd(cluster: Cluster, { from, to, protocol, port }: Question, direction: Direction): EndVerdict {
  const [self, peer] = direction === 'Egress' ? [from, to] : [to, from];
  if (self.pod === null) return 'none';
  const view = { pod: self.pod, peer, server: to.pod, protocol, port };
  if (isItself(view)) return 'allow';
  return (
    judgeByAdmin(cluster, view, direction) ??
    judgeByNetworkPolicies(cluster, view, direction) ??
    judgeByBaseline(cluster, view, direction) ??
    // docs, "Default policies": without any policy all traffic is allowed.
    'allow'
  );
}

/** docs, introduction: a pod cannot block access to itself. */
function isItself({ pod, peer }: View): boolean {
  return peer.pod !== null && podName(peer.pod) === podName(pod);
}

/**
 * docs, introduction: no NetworkPolicy keeps a pod from the node where it runs or the node from it, whatever their
 * addresses. Administrators' policies know no such exception (NPEP-126 wants access to nodes denied).
 * docs, "NetworkPolicy and hostNetwork pods": connections of such pods are connections of the node.
 */
function isOwnNode({ pod, peer }: View): boolean {
  return peer.node !== null && peer.node === pod.spec.nodeName;
}

// Administrators' policies

/**
 * admin, `priority`: lower values are checked first, and all of them before any NetworkPolicy.
 * admin, `ingress` and `egress`: of the rules of one object the one at the top has precedence.
 * admin, action `Pass`: what is left of these rules is skipped. Null: they leave it to the others.
 */
function judgeByAdmin(cluster: Cluster, view: View, direction: Direction): 'allow' | 'deny' | null {
  const policies = ofKind(cluster, 'AdminNetworkPolicy').sort(byPriority);
  for (const policy of policies) {
    const action = actionOf(cluster, policy.spec, view, direction);
    if (action === 'Allow') return 'allow';
    if (action === 'Deny') return 'deny';
    if (action === 'Pass') return null;
  }
  return null;
}

const byPriority = (one: AdminNetworkPolicy, other: AdminNetworkPolicy): number =>
  one.spec.priority - other.spec.priority;

/** admin, BaselineAdminNetworkPolicy `ingress`: for what neither administrators' nor namespaces' policies decided. */
function judgeByBaseline(cluster: Cluster, view: View, direction: Direction): 'allow' | 'deny' | null {
  for (const policy of ofKind(cluster, 'BaselineAdminNetworkPolicy')) {
    const action = actionOf(cluster, policy.spec, view, direction);
    if (action !== null) return action === 'Allow' ? 'allow' : 'deny';
  }
  return null;
}

/** admin, `subject`, `from`, `to` and `ports`: the first rule whose peers and ports both match acts on the subject. */
function actionOf(
  cluster: Cluster,
  spec: AdminNetworkPolicy['spec'] | Omit<AdminNetworkPolicy['spec'], 'priority'>,
  view: View,
  direction: Direction,
): AdminAction | null {
  if (!isSubject(cluster, spec.subject, view.pod)) return null;
  const rules = direction === 'Ingress' ? spec.ingress : spec.egress;
  for (const rule of rules ?? []) {
    if (anyAdminPeer(cluster, rule, view) && anyAdminPort(rule.ports ?? null, view)) return rule.action;
  }
  return null;
}

/** admin, AdminNetworkPolicySubject: all pods of some namespaces, or some pods of some namespaces. */
function isSubject(cluster: Cluster, subject: AdminSubject, pod: Pod): boolean {
  if (subject.namespaces) return selects(subject.namespaces, namespaceLabels(cluster, pod));
  if (subject.pods) return isNamespacedPod(cluster, subject.pods, pod);
  return false;
}

function isNamespacedPod(cluster: Cluster, selectors: NonNullable<AdminSubject['pods']>, pod: Pod): boolean {
  return (
    selects(selectors.namespaceSelector, namespaceLabels(cluster, pod)) &&
    selects(selectors.podSelector, podLabels(pod))
  );
}

/** admin, `from` and `to`: one matching peer is enough. */
function anyAdminPeer(cluster: Cluster, rule: AdminRule, view: View): boolean {
  const peers = rule.from ?? rule.to ?? [];
  if (holdAllAddresses(peers)) return true;
  for (const peer of peers) {
    if (isAdminPeer(cluster, peer, view.peer)) return true;
  }
  return false;
}

/**
 * admin, AdminNetworkPolicyEgressPeer: `namespaces` and `pods` are pods, those in the host's network not included;
 * `nodes` are the addresses of nodes; `networks` is checked for traffic inside the cluster as well.
 */
function isAdminPeer(cluster: Cluster, peer: AdminPeer, side: Side): boolean {
  if (peer.namespaces) return side.pod !== null && selects(peer.namespaces, namespaceLabels(cluster, side.pod));
  if (peer.pods) return side.pod !== null && isNamespacedPod(cluster, peer.pods, side.pod);
  if (peer.nodes) return isOneOfNodes(cluster, peer.nodes, side);
  if (peer.networks) return peer.networks.some((block) => side.address !== null && blockContains(block, side.address));
  return (peer.domainNames ?? []).some((name) => side.domain !== undefined && domainMatches(name, side.domain));
}

/** admin, AdminNetworkPolicyEgressPeer.nodes. A node that is known by its pods alone is one without known labels. */
function isOneOfNodes(cluster: Cluster, selector: NonNullable<AdminPeer['nodes']>, side: Side): boolean {
  if (side.node === null) return false;
  const node = ofKind(cluster, 'Node').find((candidate) => candidate.metadata.name === side.node);
  return selects(selector, node?.metadata.labels ?? {});
}

/** admin, DomainName: `*.` stands for one or more whole labels; a name without it is that name alone. */
function domainMatches(pattern: string, domain: string): boolean {
  const name = pattern.replace(/\.$/, '');
  return name.startsWith('*.') ? domain.endsWith(name.slice(1)) : domain === name;
}

/** admin, `ports`: without it a rule does not look at ports. */
function anyAdminPort(ports: readonly AdminPort[] | null, view: View): boolean {
  if (ports === null) return true;
  return ports.some((port) => isAdminPort(port, view));
}

/** admin, AdminNetworkPolicyPort, Port and PortRange: TCP unless said; a name is what the destination calls a port. */
function isAdminPort({ portNumber, portRange, namedPort }: AdminPort, { server, protocol, port }: View): boolean {
  if (portNumber) return (portNumber.protocol ?? 'TCP') === protocol && portNumber.port === port;
  if (portRange) {
    return (portRange.protocol ?? 'TCP') === protocol && portRange.start <= port && port <= portRange.end;
  }
  return portsOf(server).some((own) => own.name === namedPort && own.protocol === protocol && own.port === port);
}

// Namespaces' policies

/**
 * docs, "The two sorts of pod isolation": a pod is isolated in a direction by any policy that selects it and has that
 * direction among its types; then only what the rules of some of these policies allow is allowed, their union, and
 * traffic with its own node.
 * Null: the pod is not isolated.
 */
function judgeByNetworkPolicies(cluster: Cluster, view: View, direction: Direction): 'allow' | 'deny' | null {
  let isolated = false;
  for (const policy of ofKind(cluster, 'NetworkPolicy')) {
    if (!selectsPod(policy, view.pod) || !typesOf(policy).includes(direction)) continue;
    isolated = true;
    if (allows(cluster, policy, view, direction)) return 'allow';
  }
  if (!isolated) return null;
  return isOwnNode(view) ? 'allow' : 'deny';
}

/** networking/v1, `podSelector`: pods of the policy's own namespace, all of them where it is empty or not given. */
function selectsPod(policy: NetworkPolicy, pod: Pod): boolean {
  return policyNamespace(policy) === namespaceOf(pod) && selects(policy.spec?.podSelector ?? {}, podLabels(pod));
}

const policyNamespace = (policy: NetworkPolicy): string => policy.metadata.namespace ?? 'default';

/** networking/v1, `policyTypes`: unless specified always Ingress, and Egress where there is an egress rule. */
function typesOf({ spec }: NetworkPolicy): readonly Direction[] {
  const said = spec?.policyTypes ?? [];
  if (said.length > 0) return said;
  return (spec?.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}

/** docs, "The NetworkPolicy resource": a rule allows what matches both its peers and its ports. */
function allows(cluster: Cluster, policy: NetworkPolicy, view: View, direction: Direction): boolean {
  const rules =
    direction === 'Ingress'
      ? (policy.spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] }))
      : (policy.spec?.egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] }));
  for (const { peers, ports } of rules) {
    if (anyPeer(cluster, policy, peers, view.peer) && anyPort(ports, view)) return true;
  }
  return false;
}

/** networking/v1, `from` and `to`: empty or missing is everybody; else one item has to match. */
function anyPeer(cluster: Cluster, policy: NetworkPolicy, peers: readonly NetworkPolicyPeer[], side: Side): boolean {
  if (peers.length === 0) return true;
  if (holdAllAddresses(peers)) return true;
  return peers.some((peer) => isPeer(cluster, policy, peer, side));
}

/**
 * networking/v1, NetworkPolicyPeer: with a namespaceSelector the pods are those of the namespaces that it selects,
 * without one those of the policy's own namespace; without a podSelector all pods there.
 */
function isPeer(cluster: Cluster, policy: NetworkPolicy, peer: NetworkPolicyPeer, side: Side): boolean {
  if (peer.ipBlock) return isInBlock(peer.ipBlock, side);
  if (side.pod === null) return false;
  const namespaceFits = peer.namespaceSelector
    ? selects(peer.namespaceSelector, namespaceLabels(cluster, side.pod))
    : namespaceOf(side.pod) === policyNamespace(policy);
  return namespaceFits && (!peer.podSelector || selects(peer.podSelector, podLabels(side.pod)));
}

/** networking/v1, IPBlock: what lies in the range and in none of its exceptions. The addresses of pods do, too. */
function isInBlock({ cidr, except }: NonNullable<NetworkPolicyPeer['ipBlock']>, { address }: Side): boolean {
  if (address === null || !blockContains(cidr, address)) return false;
  return !(except ?? []).some((block) => blockContains(block, address));
}

/** networking/v1, `ports`: empty or missing is every port; else one item has to match. */
function anyPort(ports: readonly NetworkPolicyPort[], view: View): boolean {
  if (ports.length === 0) return true;
  return ports.some((port) => isPort(port, view));
}

/**
 * networking/v1, NetworkPolicyPort: the protocol is TCP unless specified and has to match together with the port; no
 * port is all of that protocol; `endPort` makes it a range with both ends; a name is a port of the destination pod.
 */
function isPort({ protocol, port, endPort }: NetworkPolicyPort, view: View): boolean {
  if ((protocol ?? 'TCP') !== view.protocol) return false;
  if (port === undefined || port === null) return true;
  if (typeof port === 'number') return port <= view.port && view.port <= (endPort ?? port);
  return portsOf(view.server).some(
    (own) => own.name === port && own.protocol === view.protocol && own.port === view.port,
  );
}

// What pods are

/**
 * core/v1, ContainerPort: the protocol is TCP unless specified; a name is of one port of the pod. docs, "Pod lifecycle":
 * what holds for containers holds for sidecars.
 */
function portsOf(pod: Pod | null): { name: string; protocol: Protocol; port: number }[] {
  const sidecars = (pod?.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...(pod?.spec.containers ?? []), ...sidecars].flatMap(({ ports }) =>
    (ports ?? []).map(({ name, protocol, containerPort }) => ({
      name: name ?? '',
      protocol: protocol ?? 'TCP',
      port: containerPort,
    })),
  );
}

const podLabels = (pod: Pod): Labels => pod.metadata.labels ?? {};

/** docs, "Targeting a Namespace by its name": every namespace has its name as the label `kubernetes.io/metadata.name`. */
function namespaceLabels(cluster: Cluster, pod: Pod): Labels {
  const name = namespaceOf(pod);
  const namespace = ofKind(cluster, 'Namespace').find((candidate) => candidate.metadata.name === name);
  return { ...namespace?.metadata.labels, 'kubernetes.io/metadata.name': name };
}
