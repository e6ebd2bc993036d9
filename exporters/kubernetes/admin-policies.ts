import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { prefixesOf } from './address-ranges.ts';
import { podPart } from './cluster.ts';
import type { Findings } from './findings.ts';
import { shortHash, slug } from './names.ts';
import {
  annotations,
  chunks,
  idsOf,
  type KubernetesObject,
  namespaceSelector,
  podSelector,
  portsOf,
  type Written,
} from './objects.ts';
import type { PlaceTerm } from './places.ts';
import type { Placing } from './placing.ts';
import type { Direction, Row } from './rows.ts';
import { type Selection, selectionText } from './selection.ts';
import type { ServiceSet } from './service-sets.ts';

/** Limits of policy.networking.k8s.io/v1alpha1: rules of a direction, peers and ports of a rule, prefixes and names of a peer. */
const most = { rules: 100, peers: 100, ports: 100, listed: 25, priority: 1000 } as const;

const apiVersion = 'policy.networking.k8s.io/v1alpha1';

/** In order of priority (SPEC EX36). */
export function adminPolicies(findings: Findings, placings: readonly Placing[]): KubernetesObject[] {
  const rows = placings.flatMap(({ admin }) => admin);
  const groups = Map.groupBy(inOrder(rows), groupText);
  const sheets = [...groups.values()].flatMap(sheetsOf);
  if (sheets.length > most.priority + 1) {
    for (const { rows: late } of sheets.slice(most.priority + 1))
      for (const { id, place } of late)
        findings.refuse(
          { name: id, place },
          {
            code: 'too-many-priorities',
            so: `${sheets.length} objects are needed`,
            needed: `at most ${most.priority + 1}, one for each priority, are needed`,
          },
        );
  }
  return sheets.map((sheet, priority) => ({
    apiVersion,
    kind: 'AdminNetworkPolicy',
    metadata: { name: sheet.name, annotations: annotations(sheet.rows.flatMap(idsOf)) },
    spec: { priority, ...specOf(sheet) },
  }));
}

/** One object for all of it, or none (SPEC EX34). */
export function baselinePolicies(findings: Findings, placings: readonly Placing[]): KubernetesObject[] {
  const rows = placings.flatMap(({ baseline }) => baseline);
  const [first] = rows;
  if (first === undefined) return [];
  const text = selectionText(first.subject);
  for (const { id, place, subject } of rows) {
    if (selectionText(subject) === text) continue;
    const so = `it stands behind isolation for other pods than ${first.id}, and the BaselineAdminNetworkPolicy has one subject`;
    findings.refuse(
      { name: id, place },
      { code: 'baseline-subject', so, needed: 'one selector for all of these rules is needed' },
    );
  }
  const sheet = { name: 'default', subject: first.subject, rows, ...rulesOf(rows) };
  for (const direction of ['ingress', 'egress'] as const) {
    const so = `there are ${sheet[direction].length} rules behind isolation`;
    if (sheet[direction].length > most.rules)
      findings.refuse(
        { name: first.id, place: first.place },
        { code: 'baseline-rules', so, needed: `at most ${most.rules} are needed` },
      );
  }
  const metadata = { name: 'default', annotations: annotations(rows.flatMap(idsOf)) };
  return [{ apiVersion, kind: 'BaselineAdminNetworkPolicy', metadata, spec: specOf(sheet) }];
}

/** What one object holds. */
type Sheet = {
  readonly name: string;
  readonly subject: Selection;
  readonly rows: readonly Row[];
  readonly ingress: readonly Written[];
  readonly egress: readonly Written[];
};

const verdicts = { deny: 0, allow: 1, pass: 2 } as const;

/** Rows that say the same of the same pods at one place in the order, in both directions, stand together. */
const groupText = ({ tierName, verdict, subject }: Row): string => `${tierName}\n${verdict}\n${selectionText(subject)}`;

function inOrder(rows: readonly Row[]): Row[] {
  return [...rows].sort(
    (a, b) =>
      a.tier - b.tier ||
      verdicts[a.verdict] - verdicts[b.verdict] ||
      (`${groupText(a)}\n${a.id}` < `${groupText(b)}\n${b.id}` ? -1 : 1),
  );
}

function sheetsOf(rows: readonly Row[]): Sheet[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { ingress, egress } = rulesOf(rows);
  const [ins, outs] = [chunks(ingress, most.rules), chunks(egress, most.rules)];
  const text = selectionText(first.subject);
  const name = `${slug(first.tierName)}.${first.verdict}${text === '' ? '' : `-${shortHash(text)}`}`;
  return Array.from({ length: Math.max(ins.length, outs.length) }, (_, index) => ({
    name: index === 0 ? name : `${name}.${index + 1}`,
    subject: first.subject,
    rows,
    ingress: ins[index] ?? [],
    egress: outs[index] ?? [],
  }));
}

function rulesOf(rows: readonly Row[]): Pick<Sheet, Direction> {
  const of = (direction: Direction) => rows.filter((row) => row.direction === direction).flatMap(writtenRules);
  return { ingress: of('ingress'), egress: of('egress') };
}

function specOf({ subject, ingress, egress }: Sheet): Written {
  return {
    subject: writtenSelection(subject),
    ...(ingress.length > 0 && { ingress }),
    ...(egress.length > 0 && { egress }),
  };
}

const actions = { allow: 'Allow', deny: 'Deny', pass: 'Pass' } as const;

/** One rule, and more of them where its peers or ports are more than one holds. */
function writtenRules({ id, direction, verdict, peers, services }: Row): Written[] {
  const key = direction === 'ingress' ? 'from' : 'to';
  const ports = writtenPorts(services);
  const portLists = ports === null ? [null] : chunks(ports, most.ports);
  return chunks(writtenPeers(direction, peers), most.peers).flatMap((some) =>
    portLists.map((list) => ({
      name: id,
      action: actions[verdict],
      [key]: some,
      ...(list !== null && { ports: list }),
    })),
  );
}

function writtenPeers(direction: Direction, peers: readonly PlaceTerm[]): Written[] {
  return peers.flatMap((peer) => writtenPeer(direction, peer));
}

function writtenPeer(direction: Direction, peer: PlaceTerm): Written[] {
  switch (peer.kind) {
    case 'any': {
      const addresses = direction === 'ingress' ? [] : [{ networks: ['0.0.0.0/0', '::/0'] }];
      return [{ namespaces: {} }, ...addresses];
    }
    case 'selection':
      return [writtenSelection(peer.selection)];
    case 'addresses':
      return chunks(prefixesOf(peer.ranges).map(formatPrefix), most.listed).map((networks) => ({ networks }));
    case 'nodes':
      return [{ nodes: podSelector(peer.selection) }];
    case 'domain':
      return [{ domainNames: [peer.name] }];
  }
}

function writtenSelection(selection: Selection): Written {
  const namespaces = namespaceSelector(selection);
  if (podPart(selection).size === 0) return { namespaces };
  return { pods: { namespaceSelector: namespaces, podSelector: podSelector(selection) } };
}

function writtenPorts(services: ServiceSet): readonly Written[] | null {
  const ports = portsOf(services);
  if (ports === null) return null;
  const names = new Set<string>();
  const written: Written[] = [];
  for (const port of ports) {
    if ('name' in port) {
      if (!names.has(port.name)) written.push({ namedPort: port.name });
      names.add(port.name);
    } else if (port.first === port.last) written.push({ portNumber: { protocol: port.protocol, port: port.first } });
    else written.push({ portRange: { protocol: port.protocol, start: port.first, end: port.last } });
  }
  return written;
}
