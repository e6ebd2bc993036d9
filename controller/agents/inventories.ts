import type { Inventory } from '@bulkhead/wire/messages.ts';
import type { Estate } from '../estate/estate.ts';
import { serial } from '../serial.ts';
import type { Store } from '../store/open-store.ts';
import type { Hosts } from './hosts.ts';
import { inventoryAddresses } from './inventory-addresses.ts';

export type InventoryParts = { readonly store: Store; readonly estate: Estate; readonly hosts: Hosts };

/**
 * Takes what hosts say of themselves. All that comes while something is being written is written together afterwards, of
 * each host the last: when a network is renumbered, thousands of hosts say so within a second, and each transaction waits
 * for the disk.
 *
 * @returns resolves once it is stored, or once a later one of the same host is.
 */
export function takeInventories(parts: InventoryParts): (workload: string, inventory: Inventory) => Promise<void> {
  const writing = serial();
  let waiting = new Map<string, Inventory>();
  let next: Promise<void> | null = null;
  return (workload, inventory) => {
    waiting.set(workload, inventory);
    next ??= writing(async () => {
      const batch = waiting;
      waiting = new Map();
      next = null;
      await write(parts, batch);
    });
    return next;
  };
}

async function write({ store, estate, hosts }: InventoryParts, batch: ReadonlyMap<string, Inventory>): Promise<void> {
  const changed = [...batch].filter(
    ([workload, inventory]) => JSON.stringify(hosts.status(workload).inventory) !== JSON.stringify(inventory),
  );
  if (changed.length > 0) {
    await store.transaction(async ({ hostStates }) => {
      for (const [workload, inventory] of changed) await hostStates.inventory(workload, inventory);
    });
  }
  for (const [workload, inventory] of batch) hosts.note(workload, { inventory });
  const moved = [...batch].flatMap(([workload, inventory]) => {
    const known = estate.get(workload);
    const addresses = inventoryAddresses(inventory);
    if (known === null || JSON.stringify(known.addresses) === JSON.stringify(addresses)) return [];
    return [{ kind: 'addresses', workload, to: { ...known, addresses } } as const];
  });
  if (moved.length > 0) await estate.changeAll(moved);
}
