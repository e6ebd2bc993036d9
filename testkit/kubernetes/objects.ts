/**
 * Kubernetes objects as a YAML parser gives them: only the fields that the specification of network policies speaks of.
 * A field that is absent or null means the same, as it does for the API server.
 */
type Metadata = {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>> | null;
};
type Named<Kind extends string> = { readonly apiVersion: string; readonly kind: Kind; readonly metadata: Metadata };

export type Namespace = Named<'Namespace'>;

export type Node = Named<'Node'> & {
  readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
};

export type Protocol = 'TCP' | 'UDP' | 'SCTP';

type Container = {
  readonly name: string;
  /** Of an init container: `Always` makes it a sidecar, which runs beside the others. */
  readonly restartPolicy?: 'Always';
  readonly ports?: readonly { readonly name?: string; readonly containerPort: number; readonly protocol?: Protocol }[];
};

export type Pod = Named<'Pod'> & {
  readonly spec: {
    readonly nodeName?: string;
    readonly hostNetwork?: boolean;
    readonly containers: readonly Container[];
    readonly initContainers?: readonly Container[];
  };
  readonly status?: {
    readonly phase?: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown';
    readonly podIP?: string;
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly hostIP?: string;
    readonly hostIPs?: readonly { readonly ip: string }[];
  };
};

export type LabelSelector = {
  readonly matchLabels?: Readonly<Record<string, string>> | null;
  readonly matchExpressions?: readonly Requirement[] | null;
};
export type Requirement = {
  readonly key: string;
  readonly operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist';
  readonly values?: readonly string[] | null;
};

export type NetworkPolicyPort = {
  readonly protocol?: Protocol | null;
  readonly port?: number | string | null;
  readonly endPort?: number | null;
};
export type NetworkPolicyPeer = {
  readonly podSelector?: LabelSelector | null;
  readonly namespaceSelector?: LabelSelector | null;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] | null } | null;
};
export type IngressRule = {
  readonly from?: readonly NetworkPolicyPeer[] | null;
  readonly ports?: readonly NetworkPolicyPort[] | null;
};
export type EgressRule = {
  readonly to?: readonly NetworkPolicyPeer[] | null;
  readonly ports?: readonly NetworkPolicyPort[] | null;
};
export type NetworkPolicy = Named<'NetworkPolicy'> & {
  readonly spec?: {
    readonly podSelector?: LabelSelector | null;
    readonly policyTypes?: readonly ('Ingress' | 'Egress')[] | null;
    readonly ingress?: readonly IngressRule[] | null;
    readonly egress?: readonly EgressRule[] | null;
  } | null;
};

export type NamespacedPods = { readonly namespaceSelector: LabelSelector; readonly podSelector: LabelSelector };
/** Exactly one of the fields is there; ingress rules have none but the first two. */
export type AdminPeer = {
  readonly namespaces?: LabelSelector;
  readonly pods?: NamespacedPods;
  readonly nodes?: LabelSelector;
  readonly networks?: readonly string[];
  readonly domainNames?: readonly string[];
};
/** Exactly one of the fields is there. */
export type AdminPort = {
  readonly portNumber?: { readonly protocol?: Protocol; readonly port: number };
  readonly portRange?: { readonly protocol?: Protocol; readonly start: number; readonly end: number };
  readonly namedPort?: string;
};
export type AdminAction = 'Allow' | 'Deny' | 'Pass';
export type AdminRule = {
  readonly name?: string;
  readonly action: AdminAction;
  readonly from?: readonly AdminPeer[];
  readonly to?: readonly AdminPeer[];
  readonly ports?: readonly AdminPort[] | null;
};
export type AdminSubject = { readonly namespaces?: LabelSelector; readonly pods?: NamespacedPods };
export type AdminSpec = {
  readonly subject: AdminSubject;
  readonly ingress?: readonly AdminRule[] | null;
  readonly egress?: readonly AdminRule[] | null;
};
export type AdminNetworkPolicy = Named<'AdminNetworkPolicy'> & {
  readonly spec: AdminSpec & { readonly priority: number };
};
export type BaselineAdminNetworkPolicy = Named<'BaselineAdminNetworkPolicy'> & { readonly spec: AdminSpec };

export type KubernetesObject = Namespace | Node | Pod | NetworkPolicy | AdminNetworkPolicy | BaselineAdminNetworkPolicy;

export type Cluster = readonly KubernetesObject[];

export function ofKind<Kind extends KubernetesObject['kind']>(
  cluster: Cluster,
  kind: Kind,
): Extract<KubernetesObject, { readonly kind: Kind }>[] {
  return cluster.filter((object) => object.kind === kind) as Extract<KubernetesObject, { readonly kind: Kind }>[];
}
