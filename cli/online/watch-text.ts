import type { Edge } from '@bulkhead/flows/edge.ts';
import type { Colors } from '../terminal.ts';
import { edgeTable } from './edge-text.ts';
import { type Host, hostTable } from './hosts.ts';
import { absentText, type Status } from './status.ts';

export type Watched = { readonly status: Status; readonly hosts: readonly Host[]; readonly edges: readonly Edge[] };

export type WatchView = {
  readonly size: { readonly columns: number; readonly rows: number };
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly colors: Colors;
};

/** Exactly as many lines as the terminal has at most, each cut to its width; hosts first, edges in what is left. */
export function drawWatch(seen: Watched | null, view: WatchView): readonly string[] {
  const { size, now, colors } = view;
  if (seen === null) return fit([colors.yellow('the controller does not answer; agents go on enforcing')], size);
  const summary = [summaryLine(seen.status, seen.hosts), colors.dim(absentText(seen.status)), ''];
  const hosts = hostTable(seen.hosts, colors, now).split('\n');
  // Edges are why people look, so hosts get at most half of a small terminal.
  const most = Math.max(4, Math.floor((size.rows - summary.length) / 2));
  const shownHosts =
    hosts.length <= most ? hosts : [...hosts.slice(0, most - 1), colors.dim(`and ${hosts.length - most + 1} more`)];
  const edges = edgeTable(byUrgency(seen.edges), colors, now).split('\n');
  return fit([...summary, ...shownHosts, '', ...edges], size);
}

const urgency: Readonly<Record<string, number>> = { denied: 0, 'would-be-denied': 1, mixed: 2 };

/** Denials first, then what happened last. */
function byUrgency(edges: readonly Edge[]): readonly Edge[] {
  const rank = (edge: Edge) => urgency[edge.latest] ?? 3;
  return [...edges].sort((a, b) => rank(a) - rank(b) || b.last - a.last);
}

export function summaryLine(status: Status, hosts: readonly Host[]): string {
  const connected = hosts.filter((host) => host.connected).length;
  const proven = hosts.filter((host) => host.proven).length;
  const { reports, version } = status;
  const parts = [
    `version ${version.number} ${version.state}`,
    `${connected} of ${hosts.length} agents connected`,
    `${proven} proven`,
    `${reports.lost} of ${reports.counted} records lost`,
  ];
  return parts.join(', ');
}

function fit(lines: readonly string[], { columns, rows }: WatchView['size']): readonly string[] {
  return lines.slice(0, rows).map((line) => cut(line, columns));
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
const piece = /\x1b\[[0-9;]*m|[^\x1b]/gu;

/** The first `columns` characters; colours take no room and are closed at the cut. */
export function cut(line: string, columns: number): string {
  let width = 0;
  let kept = '';
  for (const [part] of line.matchAll(piece)) {
    if (!part.startsWith('\x1b')) width++;
    if (width > columns) return `${kept}\x1b[0m`;
    kept += part;
  }
  return kept;
}
