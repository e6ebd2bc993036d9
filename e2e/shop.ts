/** The example estate as the first-rule scenario checks it: what is declared, and what stands in examples/. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { parse } from 'yaml';
import { repository } from './scenario.ts';

export type DeclaredEdge = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly process: string;
  readonly unit: string;
  readonly trigger: string | null;
};

export type Shop = {
  readonly labels: ReadonlyMap<string, Labels>;
  readonly managed: ReadonlySet<string>;
  readonly edges: readonly DeclaredEdge[];
  /** The host that has an address. */
  readonly owners: ReadonlyMap<string, string>;
  /** Where hosts find the controller; the agents' own connections go there. */
  readonly control: { readonly addresses: readonly string[]; readonly service: string };
};

type EdgeLine = Omit<DeclaredEdge, 'from' | 'to' | 'trigger'> & {
  readonly from: string | string[];
  readonly to: string | string[];
  readonly trigger?: string;
};

export function readShop(): Shop {
  const lab = parse(readFileSync(join(repository, 'examples/shop.yaml'), 'utf8')) as {
    control: { addresses: string[]; port: number };
    hosts: { name: string; addresses: string[]; labels: Labels; managed?: boolean }[];
    edges: EdgeLine[];
  };
  return {
    labels: new Map(lab.hosts.map((host) => [host.name, host.labels])),
    owners: new Map(lab.hosts.flatMap(({ name, addresses }) => addresses.map((address) => [address, name]))),
    managed: new Set(lab.hosts.filter((host) => host.managed !== false).map((host) => host.name)),
    edges: lab.edges.flatMap((line) =>
      [line.from]
        .flat()
        .flatMap((from) => [line.to].flat().map((to) => ({ ...line, from, to, trigger: line.trigger ?? null }))),
    ),
    control: { addresses: lab.control.addresses, service: `tcp/${lab.control.port}` },
  };
}

/** The policy files as a draft carries them, with the modes of one file of examples/modes. */
export function policyFiles(modes: 'test' | 'enforce'): { path: string; text: string }[] {
  const folder = join(repository, 'examples/policy');
  const names = readdirSync(folder).map((name) => join(folder, name));
  return [...names, join(repository, `examples/modes/${modes}.yaml`)].map((file) => ({
    path: file.slice(file.lastIndexOf('/') + 1),
    text: readFileSync(file, 'utf8'),
  }));
}

export const endName = (end: EdgeEnd): string => (end.kind === 'workload' ? end.name : end.address);
export const edgeName = (edge: Edge): string => `${endName(edge.from)} -> ${endName(edge.to)} ${edge.serviceText}`;
export const declaredName = (edge: DeclaredEdge): string => `${edge.from} -> ${edge.to} ${edge.service}`;

/**
 * The edge under the names its ends got later: what was seen before a host had enrolled is labelled as it was then, with
 * the host's address. `enrolled`: when all had (milliseconds); an address after that is no host's.
 */
export function laterName(shop: Shop, edge: Edge, enrolled: number): string {
  const nameOf = (end: EdgeEnd) => (edge.last < enrolled && shop.owners.get(endName(end))) || endName(end);
  return `${nameOf(edge.from)} -> ${nameOf(edge.to)} ${edge.serviceText}`;
}

/** An agent's own connection to the controller: made by the product, on every managed host. */
export function isAgentEdge(shop: Shop, edge: Edge): boolean {
  return shop.control.addresses.includes(endName(edge.to)) && edge.serviceText === shop.control.service;
}

export const sameLabels = (a: Labels, b: Labels): boolean =>
  JSON.stringify(Object.entries(a).sort()) === JSON.stringify(Object.entries(b).sort());
