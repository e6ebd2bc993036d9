import type { Document, WorkloadDocument } from './documents.ts';
import { problemOf } from './finding.ts';
import { formatPlace } from './format-problem.ts';
import type { Problem } from './problem.ts';
import { defaultNetwork, type NetworkAddress } from './words.ts';

/** An address of two workloads in one network has no owner: a warning for the second and every further one. */
export function checkAddresses(documents: readonly Document[]): Problem[] {
  const owners = new Map<string, WorkloadDocument>();
  const problems: Problem[] = [];
  for (const document of documents) {
    if (document.kind !== 'Workload') continue;
    for (const address of document.addresses) {
      const key = `${address.network} ${address.address}`;
      const owner = owners.get(key);
      if (owner === undefined) owners.set(key, document);
      else if (owner !== document) problems.push(duplicate(document, owner, address));
    }
  }
  return problems;
}

function duplicate(workload: WorkloadDocument, owner: WorkloadDocument, { network, address }: NetworkAddress): Problem {
  const where = network === defaultNetwork ? '' : ` in network ${network}`;
  const finding = {
    severity: 'warning' as const,
    code: 'duplicate-address',
    cannot: `give ${address}${where} to the Workload`,
    value: workload.name,
    so: `"${owner.name}" at ${formatPlace(owner.place)} has it too`,
    needed: 'an address with two owners matches no selector',
  };
  return problemOf(finding, workload.place);
}
