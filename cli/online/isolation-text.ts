import { plural } from '../print-problems.ts';

/** As the API answers; what it says more is not read. */
export type Leak = {
  readonly rule: string | null;
  readonly tier: string | null;
  readonly services: readonly string[];
  readonly between: readonly { readonly from: string; readonly to: string }[];
  readonly omitted: number;
};
export type Leaks = { readonly cells: number; readonly items: readonly Leak[] };

export type Ahead = {
  readonly workloads: readonly { readonly name: string; readonly managed: boolean; readonly connected: boolean }[];
  readonly peers: { readonly managed: number; readonly connected: number; readonly unmanaged: number };
  readonly edges: {
    readonly cut: number;
    readonly attempts: number;
    readonly items: readonly { readonly from: string; readonly to: string; readonly service: string }[];
  };
  readonly stays: Leaks;
};

type Side = { readonly all: number; readonly proven: number; readonly open: readonly string[] };
export type Host = {
  readonly workload: string;
  readonly role: 'isolated' | 'peer';
  readonly state: string;
  readonly problem: string | null;
  readonly proven: number | null;
};
type Cell = { readonly from: string; readonly to: string; readonly service: string; readonly outcome: string };
type Probes = {
  readonly hosts: readonly string[];
  readonly cells: number;
  readonly closed: number;
  readonly unknown: number;
  readonly open: readonly Cell[];
  readonly silent: readonly string[];
};
export type IsolationAnswer = {
  readonly id: number;
  readonly workloads: readonly string[];
  readonly names: readonly string[] | null;
  readonly selector: string | null;
  readonly reason: string;
  readonly created: string;
  readonly createdBy: string;
  readonly expires: string | null;
  readonly released: string | null;
  readonly run: {
    readonly step: 'isolate' | 'release';
    readonly state: string;
    readonly finishedAt: string | null;
    readonly hosts: readonly Host[];
    readonly probes: Probes | null;
    readonly leaks: Leaks | null;
  } | null;
  readonly closed: { readonly isolated: Side; readonly peers: Side } | null;
};

const namesTold = 8;
const firstOf = (names: readonly string[], most = namesTold): string =>
  names.length <= most ? names.join(', ') : `${names.slice(0, most).join(', ')} and ${names.length - most} more`;

/** What isolating does, before anybody says yes. */
export function aheadLines({ workloads, peers, edges, stays }: Ahead): string[] {
  const bare = workloads.filter(({ managed }) => !managed).map(({ name }) => name);
  const away = workloads.filter(({ managed, connected }) => managed && !connected).map(({ name }) => name);
  const examples = edges.items.map(({ from, to, service }) => `${from} -> ${to} ${service}`);
  return [
    `closes ${plural(workloads.length, 'workload')}: ${firstOf(workloads.map(({ name }) => name))}`,
    ...(bare.length === 0 ? [] : [`  without an agent, so only the others close: ${firstOf(bare)}`]),
    ...(away.length === 0 ? [] : [`  not connected, so only the others close for now: ${firstOf(away)}`]),
    `closes towards them ${peers.connected} of ${plural(peers.managed, 'other host')}` +
      (peers.unmanaged === 0 ? '' : `; ${plural(peers.unmanaged, 'workload')} without an agent cannot`),
    edges.cut === 0
      ? 'cuts nothing that was seen in the last hour'
      : `cuts ${plural(edges.cut, 'edge')} of the last hour, ${plural(edges.attempts, 'attempt')}: ${firstOf(examples, 4)}`,
    ...leakLines('goes on', stays),
  ];
}

/** Rules that let something pass, one in a line; ones that no rule lets pass, first. */
export function leakLines(title: string, { items }: Leaks): string[] {
  if (items.length === 0) return [`${title}: nothing`];
  return [`${title}:`, ...items.map((leak) => `  ${leakText(leak)}`)];
}

function leakText({ rule, services, between, omitted }: Leak): string {
  const pairs = between.map(({ from, to }) => `${from} -> ${to}`);
  const shown = pairs.slice(0, 3).join('; ');
  const more = pairs.length + omitted - Math.min(pairs.length, 3);
  const by = rule ?? 'no host that answers is in between';
  return `${by} (${firstOf(services, 6)}): ${shown}${more > 0 ? `; and ${more} more` : ''}`;
}

/** Who has closed, or opened again, and how long the last of them took. */
export function closedLines({ run, closed }: IsolationAnswer): string[] {
  if (run === null || closed === null) return ['nothing is known of the hosts yet'];
  const isOpening = run.step === 'release';
  const done = isOpening ? 'opened and read back' : 'closed and read back';
  const slowest = Math.max(0, ...run.hosts.map(({ proven }) => proven ?? 0));
  const { isolated, peers } = closed;
  const own = isolated.open.map((name) => {
    const host = run.hosts.find(({ workload }) => workload === name);
    return `${name}: its own agent ${whyNot(host)}`;
  });
  const others = peers.open.map((name) => {
    const host = run.hosts.find(({ workload }) => workload === name);
    return `  not yet ${name}, its agent ${whyNot(host)}`;
  });
  return [
    ...(isolated.all === 0 ? [] : [`${isolated.proven} of ${plural(isolated.all, 'own host')} ${done}`]),
    ...own,
    `${peers.proven} of ${plural(peers.all, 'peer')} ${done}${slowest === 0 ? '' : `, the last after ${slowest} ms`}`,
    ...others,
  ];
}

function whyNot(host: Host | undefined): string {
  switch (host?.state) {
    case 'away':
      return 'is not connected';
    case 'failed':
      return `says: ${host.problem ?? 'it failed'}`;
    case 'applied':
      return 'has applied it and not read it back';
    default:
      return 'does not answer';
  }
}

export function probeLines(probes: Probes | null): string[] {
  if (probes === null || (probes.cells === 0 && probes.silent.length === 0))
    return ['no packet was tried: no host could'];
  const { hosts, cells, closed, unknown, open, silent } = probes;
  const said = open.length === 0 && unknown === 0 ? 'all closed' : `${closed} closed, ${open.length} open`;
  return [
    `probed ${plural(cells, 'cell')} from ${plural(hosts.length, 'host')}: ${said}` +
      (unknown === 0 ? '' : `, ${unknown} that say nothing`),
    ...open.map(({ from, to, service, outcome }) => `  open: ${from} -> ${to} ${service} (${outcome})`),
    ...(silent.length === 0 ? [] : [`  did not try: ${firstOf(silent)}`]),
  ];
}

/** Who it is about: names, or the selector. */
export const targetText = ({ names, selector, workloads }: IsolationAnswer): string =>
  names === null ? `${selector === '' ? 'everything' : selector} (${workloads.length})` : firstOf(names);
