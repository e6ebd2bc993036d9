import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { Prefix } from '@bulkhead/net/prefix.ts';

/** One `kind: Lab` document: the hosts of an estate, what runs on them, and every connection that is meant to happen. */
export type Lab = {
  readonly name: string;
  /** The DNS suffix of every host, without a leading dot. */
  readonly domain: string;
  /** Where agents find the controller inside the lab: the router's own addresses. */
  readonly control: { readonly v4: Address; readonly v6: Address; readonly port: number };
  readonly segments: readonly Segment[];
  readonly hosts: readonly Host[];
  readonly edges: readonly Edge[];
};

/** A routed network; the router holds its first address in each family. */
export type Segment = { readonly name: string; readonly v4: Prefix; readonly v6: Prefix };

export type Host = {
  readonly name: string;
  readonly segment: string;
  readonly v4: Address;
  readonly v6: Address;
  readonly labels: Labels;
  /** False: no agent runs there. */
  readonly managed: boolean;
  readonly daemons: readonly Daemon[];
  readonly guests: readonly Guest[];
};

/** A network namespace behind the host's own, which forwards for it. It serves HTTP on tcp/8080 and has the host's files. */
export type Guest = { readonly name: string; readonly v4: Address; readonly v6: Address; readonly labels: Labels };

/** What a host runs. Names of other hosts are host names of the same lab. Rates are per second, `every` is seconds. */
export type Daemon =
  | { readonly run: 'haproxy'; readonly upstreams: readonly string[] }
  | { readonly run: 'nginx'; readonly api: string }
  | { readonly run: 'api'; readonly database: string | null; readonly cache: string | null }
  | { readonly run: 'postgres' }
  | { readonly run: 'redis' }
  | { readonly run: 'dnsmasq' }
  | { readonly run: 'node-exporter' }
  | { readonly run: 'sshd' }
  | { readonly run: 'http-client'; readonly to: string; readonly rate: number }
  | { readonly run: 'scraper'; readonly every: number }
  | { readonly run: 'ssh-check'; readonly to: string; readonly every: number }
  | { readonly run: 'report'; readonly database: string };

export type DaemonKind = Daemon['run'];

/** A connection that the estate makes by itself, or (`trigger`) when the named job is triggered. */
export type Edge = {
  readonly from: string;
  readonly to: string;
  /** `tcp/5432`: always one port. */
  readonly service: string;
  /** The executable that answers, as `/proc/PID/exe` names it, and its unit. */
  readonly process: string;
  readonly unit: string;
  readonly trigger: string | null;
  /** False where nothing in the lab sees single attempts (a proxy's own name lookups). */
  readonly counted: boolean;
};

export const edgeKey = (edge: { readonly from: string; readonly to: string; readonly service: string }): string =>
  `${edge.from} ${edge.to} ${edge.service}`;

export const hasDaemon = (host: Host, run: DaemonKind): boolean => host.daemons.some((daemon) => daemon.run === run);

/** The addresses of a host or a guest. */
export function findEnd(lab: Lab, name: string): Pick<Host, 'v4' | 'v6'> {
  const guest = lab.hosts.flatMap(({ guests }) => guests).find((candidate) => candidate.name === name);
  return guest ?? findHost(lab, name);
}

export function findHost(lab: Lab, name: string): Host {
  const host = lab.hosts.find((candidate) => candidate.name === name);
  if (host === undefined) throw new Error(`No host named ${name}: the parser lets no such name through`);
  return host;
}
