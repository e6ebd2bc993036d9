import type { DependencyDocument, DependencyEnd, Document } from '@bulkhead/model/documents.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import type { Labels, NetworkAddress } from '@bulkhead/model/words.ts';
import { settleLabelGroups } from '@bulkhead/policy/language/label-groups.ts';
import { reachLimit } from '@bulkhead/wire/control.ts';
import type { Reach } from '@bulkhead/wire/messages.ts';

/** What is asked of the estate. */
export type Known = (
  workload: string,
) => { readonly labels: Labels; readonly addresses: readonly NetworkAddress[] } | null;

/** One end of a Dependency as it is now; no `reach`: no such workload, or it has no address. */
export type ResolvedEnd = { readonly dependency: string; readonly end: string; readonly reach: readonly Reach[] };

/** SPEC DP1, DP2: what a workload cannot do without, by the Dependency documents of a policy. */
export function dependenciesOf(policy: readonly Document[]): (workload: string, known: Known) => ResolvedEnd[] {
  const documents = settleLabelGroups(policy).documents.filter((document) => document.kind === 'Dependency');
  return (workload, known) => {
    const labels = known(workload)?.labels;
    return labels === undefined
      ? []
      : documents.filter((one) => matches(one, labels)).flatMap((one) => endsOf(one, known));
  };
}

/** Each once; a host that depends on more tries the first of them out. */
export function reachOf(ends: readonly ResolvedEnd[]): Reach[] {
  const all = new Map(ends.flatMap(({ reach }) => reach).map((one) => [`${one.address} ${one.port}`, one]));
  return [...all.values()].slice(0, reachLimit);
}

const matches = ({ of }: DependencyDocument, labels: Labels): boolean => requirementsMatch(of.requirements, labels);

const endsOf = ({ name, to }: DependencyDocument, known: Known): ResolvedEnd[] =>
  to.map((end) => ({
    dependency: name,
    end: `${end.at.kind === 'address' ? end.at.address : end.at.name} tcp/${end.port}`,
    reach: reachOfEnd(end, known),
  }));

function reachOfEnd({ at, port }: DependencyEnd, known: Known): Reach[] {
  const addresses = at.kind === 'address' ? [at] : (known(at.name)?.addresses ?? []);
  return addresses.map(({ address }) => ({ address, port }));
}
