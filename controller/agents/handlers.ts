import type { Estate } from '../estate/estate.ts';
import type { Deliveries } from '../provision/deliveries.ts';
import type { Prober } from '../provision/prober.ts';
import type { Store } from '../store/open-store.ts';
import type { Guests } from './guests.ts';
import type { Hosts } from './hosts.ts';
import { takeInventories } from './inventories.ts';
import type { SessionHandlers } from './session.ts';

export type HandlerParts = {
  readonly store: Store;
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  readonly guests: Guests;
  readonly prober: Prober;
  readonly clock: () => number;
};

export function sessionHandlers(parts: HandlerParts): SessionHandlers {
  const { hosts, deliveries, guests } = parts;
  const takeInventory = takeInventories(parts);
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
      // Not waited for: what the host says next about itself replaces it, and is not behind it in a queue.
      if (message.kind === 'inventory') {
        takeInventory(link.workload, message.inventory).catch((error: unknown) =>
          link.close('store-failed', `Cannot store the inventory: ${String(error)}; it is to be sent again`),
        );
      } else if (message.kind === 'probed') parts.prober.probed(link.workload, message.probed);
      else hosts.note(link.workload, { health: message.health });
      return null;
    },
  };
}
