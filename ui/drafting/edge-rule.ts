import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';

/** How much beside the one connection a rule made from it speaks of, from the narrowest to the broadest. */
export type Breadth = 'role' | 'app' | 'env';

const keysOf: Readonly<Record<Breadth, readonly string[]>> = {
  role: ['role', 'app', 'env'],
  app: ['app', 'env'],
  env: ['env'],
};

/** A rule as it stands in a file: see DESIGN 9b. An end is a selector, or a prefix. */
export type DraftedRule = {
  readonly name: string;
  readonly verdict: 'allow' | 'deny';
  readonly services: readonly string[];
  readonly from: DraftedEnd;
  readonly to: DraftedEnd;
  readonly reason: string;
};
export type DraftedEnd = string | { readonly prefix: string };

export type Drafting = { readonly verdict: 'allow' | 'deny'; readonly breadth: Breadth };

/**
 * A rule that speaks of these edges, which are those between one pair of ends; null: none can, because an end has
 * neither a label nor an address of the main network that a rule could name.
 */
export function ruleForEdges(edges: readonly Edge[], { verdict, breadth }: Drafting): DraftedRule | null {
  const [edge] = edges;
  if (edge === undefined) return null;
  const [from, to] = [draftedEnd(edge.from, breadth), draftedEnd(edge.to, breadth)];
  if (from === null || to === null) return null;
  const services = [...new Set(edges.map(({ serviceText }) => serviceText))].sort();
  const name = ruleName(verdict, edge, services);
  return {
    name,
    verdict,
    services,
    from,
    to,
    reason: `drafted from ${edges.length} observed ${edges.length === 1 ? 'edge' : 'edges'}`,
  };
}

/** Rules by name that were seen to deny these edges: deny beats allow in a tier, and an earlier tier beats a later one. */
export function denyingRules(edges: readonly Edge[]): readonly string[] {
  const denying = edges.flatMap(({ rules }) => rules.filter(({ intended }) => intended === 'deny'));
  return [...new Set(denying.flatMap(({ intendedRule }) => intendedRule ?? []))].sort();
}

/** A rule that would select everything is never made from one connection. */
function draftedEnd(end: EdgeEnd, breadth: Breadth): DraftedEnd | null {
  if (end.kind === 'address') {
    if (end.network !== defaultNetwork) return null;
    return { prefix: `${end.address}/${end.address.includes(':') ? 128 : 32}` };
  }
  const labels: Readonly<Record<string, string>> = end.labels;
  const parts = keysOf[breadth].flatMap((key) => (labels[key] === undefined ? [] : [`${key}=${labels[key]}`]));
  return parts.length === 0 ? null : parts.join(',');
}

const nameLimit = 60;

/** Letters, digits and dashes, whatever the hosts are called. */
function ruleName(verdict: string, { from, to }: Edge, services: readonly string[]): string {
  const service = services.length === 1 ? services[0] : `${services.length} services`;
  const text = `${verdict} ${shortName(from)} to ${shortName(to)} ${service}`;
  const plain = text.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return plain.slice(0, nameLimit).replaceAll(/^-+|-+$/g, '');
}

function shortName(end: EdgeEnd): string {
  if (end.kind === 'address') return end.address;
  const labels: Readonly<Record<string, string>> = end.labels;
  return labels.role ?? labels.app ?? end.name;
}
