import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { servicePoint } from '@bulkhead/net/service-space.ts';

/** One allowed connection to tcp/5432 of `peer`, with whatever a test cares about changed. */
export function report(local: string, peer: string, change: Partial<ConnectionReport> = {}): ConnectionReport {
  const now = Date.now();
  return {
    first: now,
    last: now,
    direction: 'outbound',
    network: 'main',
    local: local as Address,
    peer: peer as Address,
    service: servicePoint(6, 5432),
    effective: 'allow',
    intended: 'allow',
    effectiveRule: null,
    intendedRule: null,
    generation: 1,
    count: 1,
    records: 1,
    process: null,
    unit: null,
    user: null,
    ...change,
  };
}
