import type { Estate } from '../estate/estate.ts';
import type { ProofBook } from '../proof/proof-book.ts';
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
  readonly proofs: ProofBook;
  readonly prober: Prober;
  readonly clock: () => number;
};

export function sessionHandlers(parts: HandlerParts): SessionHandlers {
  const { hosts, deliveries, guests, proofs, estate } = parts;
  const takeInventory = takeInventories(parts);
  return {
    hello: async (link, said) => {
      await deliveries.hello(link);
      await guests.hello(link, said);
      await parts.store.hostStates.seen([link.workload], parts.clock());
      return null;
    },
    message: async (link, message, certificate) => {
      if (message.kind === 'applied') {
        const { workload, applied } = message;
        const about = workload ?? link.workload;
        const refusal =
          workload === undefined
            ? await deliveries.applied(link, applied)
            : await guests.applied(link, workload, applied);
        // As far as it was believed.
        const believed = hosts.status(about).applied;
        if (believed !== null) proofs.applied(about, believed.generation);
        return refusal;
      }
      if (message.kind === 'proof') {
        const mayStand = (name: string) => name === link.workload || estate.get(name)?.host === link.workload;
        // A session in which rulesets go on matters more than a statement: it is said, and the host is not proven.
        await proofs.take({ host: link.workload, certificate }, message.proof, mayStand);
        return null;
      }
      if (message.kind === 'inventory') await takeInventory(link.workload, message.inventory);
      else if (message.kind === 'probed') parts.prober.probed(link.workload, message.probed);
      else hosts.note(link.workload, { health: message.health });
      return null;
    },
  };
}
