import type { Inventory } from '@bulkhead/wire/messages.ts';
import type { Estate } from '../estate/estate.ts';
import type { Deliveries } from '../provision/deliveries.ts';
import type { Store } from '../store/open-store.ts';
import type { Guests } from './guests.ts';
import type { Hosts } from './hosts.ts';
import { inventoryAddresses } from './inventory-addresses.ts';
import type { SessionHandlers } from './session.ts';

export type HandlerParts = {
  readonly store: Store;
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  readonly guests: Guests;
  readonly clock: () => number;
};

export function sessionHandlers(parts: HandlerParts): SessionHandlers {
  const { hosts, deliveries, guests } = parts;
  return {
    hello: async (link, said) => {
      await deliveries.hello(link);
      await guests.hello(link, said);
      await parts.store.hostStates.seen([link.workload], parts.clock());
      return null;
    },
    message: async (link, message) => {
      if (message.kind === 'applied') {
        const { workload, applied } = message;
        return workload === undefined ? deliveries.applied(link, applied) : guests.applied(link, workload, applied);
      }
      if (message.kind === 'inventory') await takeInventory(parts, link.workload, message.inventory);
      else hosts.note(link.workload, { health: message.health });
      return null;
    },
  };
}

async function takeInventory(parts: HandlerParts, workload: string, inventory: Inventory): Promise<void> {
  const { store, hosts, estate } = parts;
  if (JSON.stringify(hosts.status(workload).inventory) !== JSON.stringify(inventory)) {
    await store.hostStates.inventory(workload, inventory);
  }
  hosts.note(workload, { inventory });
  const known = estate.get(workload);
  const addresses = inventoryAddresses(inventory);
  if (known === null || JSON.stringify(known.addresses) === JSON.stringify(addresses)) return;
  await estate.change({ kind: 'addresses', workload, to: { ...known, addresses } });
}
