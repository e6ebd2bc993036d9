import { holdAllAddresses } from './cidr.ts';
import { type AdminRule, type Cluster, type LabelSelector, type NetworkPolicyPort, ofKind } from './objects.ts';

/** What is said in a cluster, one word each: a generator that never says something tests nothing of it. */
export function featuresOf(cluster: Cluster): ReadonlySet<string> {
  return new Set([
    ...podFeatures(cluster),
    ...policyFeatures(cluster),
    ...adminFeatures(cluster),
    ...selectorFeatures(cluster),
  ]);
}

function podFeatures(cluster: Cluster): string[] {
  const nodes = new Set(ofKind(cluster, 'Node').map((node) => node.metadata.name));
  const namespaces = new Set(ofKind(cluster, 'Namespace').map((namespace) => namespace.metadata.name));
  return ofKind(cluster, 'Pod').flatMap((pod) =>
    named({
      'pod of two families': (pod.status?.podIPs ?? []).length === 2,
      'pod of IPv6 alone': pod.status?.podIP?.includes(':') === true && pod.status.podIPs?.length === 1,
      'pod with podIP alone': pod.status?.podIP !== undefined && pod.status.podIPs === undefined,
      'pod without an address': pod.status === undefined,
      'pod in the network of its host': pod.spec.hostNetwork === true,
      'pod on a node that is not in the files': pod.spec.nodeName !== undefined && !nodes.has(pod.spec.nodeName),
      'pod of a namespace that is not in the files': !namespaces.has(pod.metadata.namespace ?? 'default'),
      'pod without labels': pod.metadata.labels === undefined,
      'pod without a namespace': pod.metadata.namespace === undefined,
      'pod with several containers': pod.spec.containers.length > 1,
      'pod with a sidecar': pod.spec.initContainers !== undefined,
      'pod that has finished': pod.status?.phase !== undefined,
    }),
  );
}

function policyFeatures(cluster: Cluster): string[] {
  return ofKind(cluster, 'NetworkPolicy').flatMap(({ metadata, spec }) => {
    const types = spec?.policyTypes;
    const rules = [...(spec?.ingress ?? []), ...(spec?.egress ?? [])];
    const only = (type: string) => types?.length === 1 && types[0] === (type as (typeof types)[number]);
    return [
      ...named({
        'policy without a spec': spec === undefined,
        'policy without a namespace': metadata.namespace === undefined,
        'no podSelector': spec !== undefined && spec?.podSelector === undefined,
        'types by default': spec !== undefined && types === undefined,
        'types empty': types?.length === 0,
        'types null': types === null,
        'ingress alone': only('Ingress'),
        'egress alone': only('Egress'),
        'ingress rules of a policy for egress': only('Egress') && (spec?.ingress ?? []).length > 0,
        'egress rules of a policy for ingress': only('Ingress') && (spec?.egress ?? []).length > 0,
        'rules empty': spec?.ingress?.length === 0 || spec?.egress?.length === 0,
        'rules null': spec?.ingress === null || spec?.egress === null,
        'egress empty and types by default': types === undefined && spec?.egress?.length === 0,
        'rule that says nothing': rules.some((rule) => Object.keys(rule).length === 0),
      }),
      ...rules.flatMap((rule) =>
        ruleFeatures('from' in rule ? rule.from : 'to' in rule ? rule.to : undefined, rule.ports),
      ),
    ];
  });
}

type Peers = NonNullable<
  NonNullable<ReturnType<typeof ofKind<'NetworkPolicy'>>[number]['spec']>['ingress']
>[number]['from'];

function ruleFeatures(peers: Peers, ports: readonly NetworkPolicyPort[] | null | undefined): string[] {
  return [
    ...named({
      'peers empty': peers?.length === 0,
      'peers null': peers === null,
      'peers absent': peers === undefined,
      'ports empty': ports?.length === 0,
      'ports null': ports === null,
      'ports absent': ports === undefined,
      'blocks of all addresses': holdAllAddresses(peers ?? []),
    }),
    ...(peers ?? []).flatMap(({ podSelector, namespaceSelector, ipBlock }) =>
      named({
        'peer by pods': !!podSelector && !namespaceSelector,
        'peer by namespaces': !podSelector && !!namespaceSelector,
        'peer by both': !!podSelector && !!namespaceSelector,
        'block with exceptions': (ipBlock?.except ?? []).length > 0,
        'block with no exceptions': ipBlock?.except?.length === 0 || ipBlock?.except === null,
        'block of IPv6': ipBlock?.cidr.includes(':') === true,
      }),
    ),
    ...(ports ?? []).flatMap(({ protocol, port, endPort }) =>
      named({
        'port of a default protocol': !protocol,
        'port of SCTP': protocol === 'SCTP',
        'port of no number': port === undefined,
        'port by name': typeof port === 'string',
        'port by name and protocol': typeof port === 'string' && (protocol === 'UDP' || protocol === 'SCTP'),
        'range of ports': endPort !== undefined,
      }),
    ),
  ];
}

function adminFeatures(cluster: Cluster): string[] {
  const admin = ofKind(cluster, 'AdminNetworkPolicy');
  const baseline = ofKind(cluster, 'BaselineAdminNetworkPolicy');
  return [
    ...named({ 'several priorities': admin.length > 1, baseline: baseline.length > 0 }),
    ...admin.flatMap(({ spec }) =>
      named({
        'priority 0': spec.priority === 0,
        'priority 1000': spec.priority === 1000,
        'no ingress': !spec.ingress,
      }),
    ),
    ...[...admin, ...baseline].flatMap(({ spec }) => [
      ...named({ 'subject by namespaces': !!spec.subject.namespaces, 'subject by pods': !!spec.subject.pods }),
      ...[...(spec.ingress ?? []), ...(spec.egress ?? [])].flatMap(adminRuleFeatures),
    ]),
    ...baseline.flatMap(({ spec }) =>
      named({
        'baseline that denies nodes': (spec.egress ?? []).some(
          ({ action, to }) => action === 'Deny' && to?.some(({ nodes, networks }) => nodes || networks),
        ),
      }),
    ),
    ...baseline.flatMap(({ spec }) => named({ 'baseline with several rules': (spec.ingress ?? []).length > 1 })),
  ];
}

function adminRuleFeatures(rule: AdminRule): string[] {
  const peers = rule.from ?? rule.to ?? [];
  const ports = rule.ports ?? [];
  return [
    `action ${rule.action}`,
    ...named({
      'rule without ports': rule.ports === undefined,
      'admin peer by namespaces': peers.some(({ namespaces }) => namespaces),
      'admin peer by pods': peers.some(({ pods }) => pods),
      'admin peer by nodes': peers.some(({ nodes }) => nodes),
      'admin peer by networks': peers.some(({ networks }) => networks),
      'networks of all addresses': holdAllAddresses(peers),
      'admin peer by domain names': peers.some(({ domainNames }) => domainNames),
      'admin port by number': ports.some(({ portNumber }) => portNumber),
      'admin port by range': ports.some(({ portRange }) => portRange),
      'admin port by name': ports.some(({ namedPort }) => namedPort),
    }),
  ];
}

/** Selectors are wherever an object has one of their two lists. */
function selectorFeatures(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { matchLabels, matchExpressions } = value as LabelSelector;
  return [
    ...named({
      'selector empty': Object.keys(value).length === 0,
      'selector by labels': Object.keys(matchLabels ?? {}).length > 0,
      'selector by both': Object.keys(matchLabels ?? {}).length > 0 && (matchExpressions ?? []).length > 0,
      'selector for an empty value': Object.values(matchLabels ?? {}).includes(''),
    }),
    ...(matchExpressions ?? []).map(({ operator }) => `operator ${operator}`),
    ...Object.values(value).flatMap(selectorFeatures),
  ];
}

const named = (facts: Readonly<Record<string, boolean>>): string[] => Object.keys(facts).filter((name) => facts[name]);
