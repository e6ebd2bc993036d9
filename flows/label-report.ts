import type { ConnectionReport } from '@bulkhead/model/connection.ts';
import type { AddressBook } from './address-book.ts';
import type { EdgeEnd, LabelledReport } from './edge.ts';

/**
 * Puts names and labels to a report as they were at its last attempt. The local end is the reporting workload itself,
 * whatever the address book says of the address; only the peer is looked up.
 */
export function labelReport(book: AddressBook, reporter: string, report: ConnectionReport): LabelledReport {
  const { network, local, peer, last } = report;
  const own: EdgeEnd = book.nearestVersion(reporter, last) ?? book.ownerAt(network, local, last);
  // A connection of a host to one of its own addresses must not find another owner of that address.
  const other: EdgeEnd = local === peer ? own : book.ownerAt(network, peer, last);
  return report.direction === 'outbound'
    ? { reporter, from: own, to: other, report }
    : { reporter, from: other, to: own, report };
}
