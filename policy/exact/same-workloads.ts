import type { Labels, NetworkAddress } from '@bulkhead/model/words.ts';
import type { Estate, Workload } from '../estate.ts';

/** Whether two estates have the same workloads; who is logged on is nothing that ends are told apart by. */
export function sameWorkloads(a: Estate, b: Estate): boolean {
  if (a === b) return true;
  if (a.workloads.length !== b.workloads.length) return false;
  return a.workloads.every((workload, position) => isSame(workload, b.workloads[position] as Workload));
}

const isSame = (a: Workload, b: Workload): boolean =>
  a.name === b.name &&
  a.enforced === b.enforced &&
  a.fallbackMode === b.fallbackMode &&
  sameLabels(a.labels, b.labels) &&
  sameAddresses(a.addresses, b.addresses);

function sameLabels(a: Labels, b: Labels): boolean {
  if (a === b) return true;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && a[key] === b[key]);
}

export function sameAddresses(a: readonly NetworkAddress[], b: readonly NetworkAddress[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every(({ network, address }, i) => network === b[i]?.network && address === b[i].address);
}
