import type { Inventory } from '@bulkhead/wire/messages.ts';
import { table } from '../table.ts';

const listenerHeader = ['LISTENS ON', 'PROCESS', 'UNIT', 'PACKAGE', 'USER'] as const;

/** Null: its agent has not said any yet. */
export function inventoryLines(inventory: Inventory | null): readonly string[] {
  if (inventory === null) return ['inventory  not said yet'];
  const { hostname, system, kernel, addresses, listeners } = inventory;
  const rows = listeners.map((one) => [
    `${one.protocol}/${one.port} ${one.address}`,
    ...[one.process, one.unit, one.package, one.user].map((text) => text ?? 'unknown'),
  ]);
  return [
    `host name  ${hostname}`,
    `system     ${system}, kernel ${kernel}`,
    `addresses  ${addresses.map((one) => `${one.address} (${one.interface})`).join(', ') || 'none'}`,
    '',
    rows.length === 0 ? 'nothing listens' : table(listenerHeader, rows),
  ];
}
