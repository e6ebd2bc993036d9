import type { EdgeEnd, LabelledReport } from '@bulkhead/flows/edge.ts';
import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';

/** Reports for tests and benches: a pure function of its arguments. */
export const sampleStart = 1_800_000_000_000;

const endOf = (index: number): EdgeEnd => ({
  kind: 'workload',
  name: `w-${index}`,
  labels: { role: `role-${index % 5}`, app: `app-${index % 3}`, env: index % 2 === 0 ? 'prod' : 'dev' },
  managed: true,
});
const ends = Array.from({ length: 200 }, (_, index) => endOf(index));
export const sampleEnd = (index: number): EdgeEnd => ends[index % ends.length] as EdgeEnd;
const addressOf = (index: number): Address => addressFromBits(4, BigInt(0x0a000000 + (index % 200)));

export function sampleReport(index: number, change: Partial<ConnectionReport> = {}): LabelledReport {
  const [from, to] = [index % 7, 7 + (index % 11)];
  const outbound = (change.direction ?? (index % 2 === 0 ? 'outbound' : 'inbound')) === 'outbound';
  const report: ConnectionReport = {
    first: sampleStart + index * 10,
    last: sampleStart + index * 10 + 5,
    direction: outbound ? 'outbound' : 'inbound',
    network: 'main',
    local: addressOf(outbound ? from : to),
    peer: addressOf(outbound ? to : from),
    service: 6 * 65536 + 8000 + (index % 13),
    effective: 'allow',
    intended: index % 5 === 0 ? 'deny' : 'allow',
    effectiveRule: index % 5 === 0 ? null : 'shop/web',
    intendedRule: index % 5 === 0 ? null : 'shop/web',
    generation: 3,
    count: 1 + (index % 3),
    records: 1 + (index % 3),
    process: outbound ? null : '/usr/sbin/nginx',
    unit: outbound ? null : 'nginx.service',
    user: outbound ? null : 'www-data',
    ...change,
  };
  return { reporter: `w-${outbound ? from : to}`, from: sampleEnd(from), to: sampleEnd(to), report };
}

export const sampleBatch = (first: number, rows: number): LabelledReport[] =>
  Array.from({ length: rows }, (_, index) => sampleReport(first + index));
