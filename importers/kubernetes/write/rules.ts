import type { Finding } from '@bulkhead/model/finding.ts';
import type { Written, WrittenDocument } from '@bulkhead/model/format/document-text.ts';
import { addressFamily, type Family } from '@bulkhead/net/address.ts';
import { familyWidth, formatPrefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import type { Peer, PolicyPort, PolicyRule } from '../cluster.ts';
import { listName, shortHash } from './names.ts';
import { type Behind, blockHolds, type Scene } from './scene.ts';
import { nodeRequirements, podRequirements, selectorText } from './selectors.ts';
import { reachedServices } from './service-rules.ts';
import type { VirtualService } from './virtual-services.ts';

/** The rules of one ruleset and the ip lists that they name. */
export type RulesText = { readonly rules: readonly Written[]; readonly lists: readonly WrittenDocument[] };

export type RulesSpot = {
  readonly ruleset: string;
  /** As people name the policy. */
  readonly title: string;
  /** The namespace of the policy; empty where it has none. */
  readonly own: string;
  readonly subject: string;
};

export function writeRules(scene: Scene, rules: readonly PolicyRule[], spot: RulesSpot): RulesText {
  const parts = rules
    .map(withAnyone)
    .flatMap((rule) =>
      rule.direction === 'egress' ? egressParts(scene, rule, spot) : [{ name: `ingress-${rule.position}`, ...rule }],
    );
  const lists: WrittenDocument[] = [];
  const written = parts.map((part) => writtenRule(scene, part, { ...spot, lists }));
  return { rules: written, lists };
}

/** SPEC KN16: whoever has an address is in one of two such blocks, and so is a name, whatever its address will be. */
function withAnyone(rule: PolicyRule): PolicyRule {
  const blocks = rule.peers?.filter((peer) => peer.kind === 'block') ?? [];
  const isWhole = (family: Family): boolean =>
    blocks.some(({ prefix, except }) => prefix.family === family && prefix.length === 0 && except.length === 0);
  if (!isWhole(4) || !isWhole(6)) return rule;
  // That a rule speaks of a name is more than that it matches it: names that no rule speaks of cannot be asked for.
  const domains = rule.peers?.filter(({ kind }) => kind === 'domain') ?? [];
  const [first] = blocks;
  const anyone = first === undefined ? [] : [{ kind: 'anyone', place: first.place } as const];
  return { ...rule, peers: domains.length === 0 ? null : [...anyone, ...domains] };
}

type Block = Peer & { readonly kind: 'block' };
type NamedPolicyPort = PolicyPort & { readonly kind: 'named' };

/** What one rule of the language says: a rule of a policy, or a part of one that cannot be said in one rule. */
type Part = Pick<PolicyRule, 'direction' | 'position' | 'verdict' | 'title' | 'peers' | 'ports' | 'place'> & {
  readonly name: string;
  readonly services?: readonly VirtualService[];
};

/** SPEC KN12, KS5. */
function egressParts(scene: Scene, rule: PolicyRule, spot: RulesSpot): readonly Part[] {
  const parts = splitNames(scene, rule, spot);
  const reached = reachedServices(scene, rule, spot);
  if (rule.ports === null) {
    const services = [...new Set(reached.map(({ service }) => service))];
    return rule.peers === null ? parts : parts.map((part) => ({ ...part, services }));
  }
  const byPort = new Map<string, { readonly behind: Behind; readonly services: VirtualService[] }>();
  for (const { service, front } of reached) {
    const key = `${front.protocol}-${front.port}`;
    const group = byPort.get(key) ?? { behind: front, services: [] };
    group.services.push(service);
    byPort.set(key, group);
  }
  const vips = [...byPort].map(([key, { behind, services }]): Part => {
    const ports = [{ kind: 'range', protocol: behind.protocol, first: behind.port, last: behind.port } as const];
    return { ...rule, name: `egress-${rule.position}-vip-${key}`, peers: [], ports, services };
  });
  return [...parts, ...vips];
}

/**
 * A named port is a port of a pod, and an `ipBlock` is no pods: what such a rule allows is said by the addresses in
 * the block that pods of the import have.
 */
function splitNames(scene: Scene, rule: PolicyRule, spot: RulesSpot): readonly Part[] {
  const { peers, ports } = rule;
  const name = `egress-${rule.position}`;
  const blocks = peers?.filter((peer) => peer.kind === 'block') ?? [];
  const named = ports?.filter((port) => port.kind === 'named') ?? [];
  if (ports === null || named.length === 0 || (peers !== null && blocks.length === 0)) return [{ ...rule, name }];
  const numbers = ports.filter((port) => port.kind === 'range');
  if (peers === null) return namesOfAnyone(rule, { named, numbers });
  scene.report(rule.place, namesInBlocks(spot.title, rule.position));
  const others = peers.filter((peer) => peer.kind !== 'block');
  return [
    ...(others.length > 0 ? [{ ...rule, name, peers: others }] : []),
    ...(numbers.length > 0 ? [{ ...rule, name: `${name}-blocks`, peers: blocks, ports: numbers }] : []),
    ...namedInBlocks(scene, rule, { blocks, named }),
  ];
}

/** Of anyone, only pods of this cluster have ports that the rule could name. */
function namesOfAnyone(
  rule: PolicyRule,
  { named, numbers }: { readonly named: readonly PolicyPort[]; readonly numbers: readonly PolicyPort[] },
): readonly Part[] {
  const name = `egress-${rule.position}`;
  const peers: readonly Peer[] = [{ kind: 'pods', namespaces: [], pods: [], place: rule.place }];
  if (numbers.length === 0) return [{ ...rule, name, peers }];
  return [
    { ...rule, name, ports: numbers },
    { ...rule, name: `${name}-names`, peers, ports: named },
  ];
}

function namedInBlocks(
  scene: Scene,
  rule: PolicyRule,
  { blocks, named }: { readonly blocks: readonly Block[]; readonly named: readonly NamedPolicyPort[] },
): readonly Part[] {
  const parts = new Map<string, Part & { readonly peers: Peer[] }>();
  for (const { addresses, ports } of scene.population.pods) {
    const inside = addresses.filter((address) => blocks.some((block) => blockHolds(block, address)));
    const prefixes = inside.map((address) => parsePrefix(address)).filter((prefix) => prefix !== null);
    for (const { name, protocol, port } of prefixes.length === 0 ? [] : ports) {
      if (!named.some((one) => one.name === name && one.protocol === protocol)) continue;
      const key = `egress-${rule.position}-${protocol}-${port}`;
      const range = { kind: 'range', protocol, first: port, last: port } as const;
      const part = parts.get(key) ?? { ...rule, name: key, peers: [], ports: [range] };
      for (const prefix of prefixes) part.peers.push({ kind: 'block', prefix, except: [], place: rule.place });
      parts.set(key, part);
    }
  }
  return [...parts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

type WriteSpot = RulesSpot & { readonly lists: WrittenDocument[] };

function writtenRule(scene: Scene, part: Part, spot: WriteSpot): Written {
  const { name, direction, verdict, title, ports } = part;
  const ends = endsOf(scene, part, spot);
  const [from, to] = direction === 'ingress' ? [ends, spot.subject] : [spot.subject, ends];
  const at = direction === 'ingress' ? 'destination' : 'source';
  return {
    name,
    [verdict]: ports === null ? ['all'] : unique(ports.map(serviceText)),
    ...{ from, to, at },
    ...(title !== null && { reason: title }),
  };
}

function serviceText(port: PolicyPort): string {
  if (port.kind === 'named') return `${port.protocol}/${port.name}`;
  const { protocol, first, last } = port;
  if (first === 0 && last === 65_535) return protocol;
  return first === last ? `${protocol}/${first}` : `${protocol}/${first}-${last}`;
}

/** One end, or a list of them. No peers at all: anyone. */
function endsOf(scene: Scene, part: Part, spot: WriteSpot): unknown {
  if (part.peers === null) return { any: true };
  const ends = [
    ...part.peers.map((peer, index) => endOf(scene, peer, { ...spot, part, index })),
    ...serviceEnds(scene, part.services ?? [], spot.lists),
  ];
  const [first, ...others] = [...new Map(ends.map((end) => [JSON.stringify(end), end])).values()];
  return others.length === 0 ? first : [first, ...others];
}

/** Services that one rule names one by one; with more of them a policy would grow by rules times services. */
const serviceLimit = 50;

/** SPEC KS5, KS7. */
function serviceEnds(
  { where }: Scene,
  services: readonly VirtualService[],
  lists: WrittenDocument[],
): readonly Written[] {
  if (services.length <= serviceLimit) return services.map(({ name }) => ({ virtualService: name }));
  const addresses = unique(services.flatMap(({ frontends }) => frontends.map(({ address }) => address))).toSorted();
  const name = listName(where.cluster, 'svc', `${services.length}~${shortHash(addresses.join())}`);
  const prefixes = addresses.map((address) => `${address}/${familyWidth(addressFamily(address))}`);
  lists.push({ kind: 'IpList', name, prefixes });
  return [{ ipList: name }];
}

function endOf(
  { where }: Scene,
  peer: Peer,
  { own, ruleset, lists, part, index }: WriteSpot & { readonly part: Part; readonly index: number },
): unknown {
  switch (peer.kind) {
    case 'anyone':
      return { any: true };
    case 'pods':
      return selectorText(podRequirements(where.cluster, peer, own));
    case 'nodes':
      return selectorText(nodeRequirements(where.cluster, peer.nodes));
    case 'domain':
      return { name: peer.name };
    case 'block': {
      if (peer.except.length === 0) return { prefix: formatPrefix(peer.prefix) };
      const name = listName(ruleset, part.name, `${index}`);
      const except = unique(peer.except.map(formatPrefix));
      lists.push({ kind: 'IpList', name, prefixes: [formatPrefix(peer.prefix)], except });
      return { ipList: name };
    }
  }
}

const unique = <T>(items: readonly T[]): readonly T[] => [...new Set(items)];

function namesInBlocks(policy: string, position: number): Finding {
  return {
    severity: 'warning',
    code: 'named-port-in-block',
    cannot: 'keep the named ports of the egress rule',
    value: `${policy} egress ${position}`,
    so: 'an ipBlock names addresses, and what their ports are called is known of the pods of this import alone',
    needed: 'another import is needed when such pods change',
  };
}
