import type { Inventory } from '@bulkhead/wire/messages.ts';
import type { Estate } from '../estate/estate.ts';
import { latest } from '../latest.ts';
import type { Store } from '../store/open-store.ts';
import type { Hosts } from './hosts.ts';
import { inventoryAddresses } from './inventory-addresses.ts';

export type InventoryParts = { readonly store: Store; readonly estate: Estate; readonly hosts: Hosts };

/** Takes what hosts say of themselves. When a network is renumbered, thousands of them do within a second. */
export const takeInventories = (parts: InventoryParts): ((workload: string, inventory: Inventory) => Promise<void>) =>
  latest((batch) => write(parts, batch));

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
