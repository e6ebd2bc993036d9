import type { ServicePoint } from '@bulkhead/net/service-space.ts';
import type { Policy } from '../policy.ts';

export type ServiceNumbers = {
  readonly of: (service: ServicePoint) => number;
  /** One of the services of this number. */
  readonly example: (number: number) => ServicePoint;
  /** All numbers are below it. */
  readonly count: number;
};

/** Numbers services: those that no rule and no frontend of the policy tells apart have one number. */
export function numberServices({ serviceSets, virtualServices }: Policy): ServiceNumbers {
  const starts = new Set<ServicePoint>();
  for (const set of serviceSets) for (const { first, last } of set) starts.add(first).add(last + 1);
  // Behind a frontend the members are asked about a service of their own.
  for (const { frontends } of virtualServices)
    for (const { service } of frontends) starts.add(service).add(service + 1);
  const sorted = Int32Array.from(starts).sort();
  const of = (service: ServicePoint): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as number) <= service) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  return { of, example: (number) => sorted[number - 1] ?? 0, count: sorted.length + 1 };
}
