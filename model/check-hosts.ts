import { namesOf, unknownName } from './check-names.ts';
import type { Document, WorkloadDocument } from './documents.ts';
import { type Finding, problemOf } from './finding.ts';
import { formatPlace } from './format-problem.ts';
import type { BrokenDocument } from './parse.ts';
import type { Problem } from './problem.ts';

/** A guest stands on a workload whose agent can enforce for it: one that has an agent, and a kernel of its own. */
export function checkHosts(documents: readonly Document[], broken: readonly BrokenDocument[]): Problem[] {
  const workloads = documents.filter((document) => document.kind === 'Workload');
  if (workloads.every(({ host }) => host === null)) return [];
  const names = namesOf('Workload', documents, broken);
  const byName = new Map(workloads.map((workload) => [workload.name, workload]));
  return workloads.flatMap((guest) => {
    if (guest.host === null) return [];
    const finding = names.has(guest.host)
      ? wrongHost(guest, byName.get(guest.host))
      : unknownName({ kind: 'Workload', code: 'unknown-host', name: guest.host }, names);
    return finding === null ? [] : [problemOf(finding, guest.place)];
  });
}

/** Undefined: the document of the host is broken, and that was reported. */
function wrongHost(guest: WorkloadDocument, host: WorkloadDocument | undefined): Finding | null {
  const why = host === undefined ? null : whyNot(guest, host);
  if (why === null) return null;
  return { code: why.code, cannot: 'stand on the Workload', value: guest.host ?? '', so: why.so, needed: why.needed };
}

type Why = { readonly code: string; readonly so: string; readonly needed: string };

function whyNot(guest: WorkloadDocument, host: WorkloadDocument): Why | null {
  if (host.name === guest.name)
    return { code: 'own-host', so: 'it is the same Workload', needed: 'another one is needed, or none' };
  const at = `"${host.name}" at ${formatPlace(host.place)}`;
  if (host.host !== null)
    return {
      code: 'host-is-guest',
      so: `${at} stands on "${host.host}" itself`,
      needed: 'one with a kernel of its own is needed',
    };
  if (!host.enforced)
    return {
      code: 'host-without-enforcer',
      so: `${at} says "enforcer: none"`,
      needed: 'one that an agent runs on is needed',
    };
  return null;
}
