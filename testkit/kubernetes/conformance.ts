import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';
import type { Cluster, KubernetesObject, Protocol } from './objects.ts';

/** One sentence of the specification, a cluster in which it matters, and what has to follow. */
export type ConformanceCase = {
  /** Of the table, such as `networkpolicy-ports`. */
  readonly table: string;
  /** In our words; `where` says in which document and under which heading or field. */
  readonly sentence: string;
  readonly where: string;
  /** YAML documents: the cluster of all cases, and what the case adds. */
  readonly manifests: string;
  readonly verdicts: readonly ConformanceVerdict[];
};

export type Denier = 'nobody' | 'source' | 'destination' | 'both';
export type ConformanceVerdict = {
  readonly line: string;
  readonly from: string;
  readonly to: string;
  readonly protocol: Protocol;
  readonly port: number;
  readonly denies: Denier;
};

const folder = join(import.meta.dirname, 'conformance');
const line = /^(\S+) -> (\S+) (tcp|udp|sctp)\/(\d+) (?:allow|deny at (source|destination|both))$/;

/** Every table, in the order of their names. */
export function readConformance(): readonly ConformanceCase[] {
  const cluster = readFileSync(join(folder, 'cluster.yaml'), 'utf8');
  const tables = readdirSync(folder).filter((name) => name !== 'cluster.yaml');
  return tables.sort().flatMap((name) => readTable(name, cluster));
}

type Written = { sentence: string; where: string; manifests: string; verdicts: string };

function readTable(name: string, cluster: string): readonly ConformanceCase[] {
  const written = parse(readFileSync(join(folder, name), 'utf8')) as readonly Written[];
  return written.map(({ sentence, where, manifests, verdicts }) => ({
    table: name.replace('.yaml', ''),
    sentence,
    where,
    manifests: `${cluster}---\n${manifests}`,
    verdicts: verdicts.trimEnd().split('\n').map(readVerdict),
  }));
}

function readVerdict(text: string): ConformanceVerdict {
  const [, from, to, protocol, port, denies] = line.exec(text) ?? [];
  if (from === undefined || to === undefined) throw new Error(`"${text}" is no line such as "a/b -> c/d tcp/80 allow"`);
  return {
    line: text,
    from,
    to,
    protocol: protocol?.toUpperCase() as Protocol,
    port: Number(port),
    denies: (denies ?? 'nobody') as Denier,
  };
}

/** The objects of YAML documents, empty documents left out. */
export function parseCluster(text: string): Cluster {
  return parseAllDocuments(text).flatMap((document) => {
    const [mistake] = document.errors;
    if (mistake !== undefined) throw mistake;
    const object = document.toJS() as KubernetesObject | null;
    return object === null ? [] : [object];
  });
}
