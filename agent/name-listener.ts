import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import { serviceProtocol, serviceValue } from '@bulkhead/net/service-space.ts';
import type { ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';

const protocols: Readonly<Record<number, 'tcp' | 'udp'>> = { 6: 'tcp', 17: 'udp' };

/** Adds who listens to an inbound report; what the record itself already knew wins, and unknown stays null. */
export function nameListener(report: ConnectionReport, table: ListenerTable): ConnectionReport {
  const protocol = protocols[serviceProtocol(report.service)];
  if (report.direction !== 'inbound' || protocol === undefined) return report;
  const listener = table.lookup(protocol, report.local, serviceValue(report.service));
  if (listener === null) return report;
  return {
    ...report,
    process: report.process ?? listener.process,
    unit: report.unit ?? listener.unit,
    user: report.user ?? listener.user,
  };
}
