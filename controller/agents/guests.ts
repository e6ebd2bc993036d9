import { type Applied, enforcesForGuests, guestLimit } from '@bulkhead/wire/messages.ts';
import type { Estate } from '../estate/estate.ts';
import type { Deliveries } from '../provision/deliveries.ts';
import type { AgentLink, Hosts } from './hosts.ts';
import type { Refusal } from './refusals.ts';
import type { Hello } from './session.ts';

export type GuestsParts = {
  readonly estate: Estate;
  readonly hosts: Hosts;
  readonly deliveries: Deliveries;
  /** Something about a guest that should not be; the session of its host goes on. */
  readonly noticed: (refusal: Refusal, workload: string) => void;
  /** What follows a change of the estate failed; the next hello of the host makes up for it. */
  readonly failed: (error: Error, workload: string) => void;
};

/**
 * Which guests are reached over which session: those that the estate has on the host, where its agent enforces for
 * guests. What they hold and are to hold is kept as that of any workload.
 */
export class Guests {
  readonly #parts: GuestsParts;
  /** Hosts that are in session and enforce for guests, and how to reach them. */
  readonly #able = new Map<string, AgentLink>();
  /** Where each guest ran when it was looked at last. */
  readonly #ran = new Map<string, string>();

  constructor(parts: GuestsParts) {
    this.#parts = parts;
    for (const { name, host } of parts.estate.workloads()) if (host !== null) this.#ran.set(name, host);
    parts.estate.onChange(({ workload }) => {
      this.#follow(workload).catch((error: unknown) =>
        parts.failed(error instanceof Error ? error : new Error(String(error)), workload),
      );
    });
  }

  /** The agent has come, or says again what it holds. */
  async hello(link: AgentLink, { capabilities, guests = [] }: Hello): Promise<void> {
    const { hosts } = this.#parts;
    if (hosts.link(link.workload) !== link) return;
    if (!enforcesForGuests(capabilities)) {
      this.#able.delete(link.workload);
      for (const name of this.#on(link.workload)) hosts.detach(name);
      return;
    }
    this.#able.set(link.workload, link);
    const held = new Map(guests.map((guest) => [guest.workload, guest.held]));
    for (const name of this.#tell(link)) await this.#greet(hosts.attach(link, name, held.get(name) ?? null));
  }

  /** Never ends the session: the host itself has said nothing wrong. */
  async applied(link: AgentLink, guest: string, said: Applied): Promise<null> {
    const { hosts, deliveries, noticed } = this.#parts;
    const own = hosts.hostOf(guest) === link.workload ? hosts.link(guest) : null;
    const refusal = own === null ? elsewhere(link.workload, guest) : await deliveries.applied(own, said);
    if (refusal !== null) noticed(refusal, link.workload);
    return null;
  }

  async #follow(name: string): Promise<void> {
    const { estate, hosts, deliveries } = this.#parts;
    const [before, host] = [this.#ran.get(name) ?? null, estate.get(name)?.host ?? null];
    if (before === host) return;
    if (host === null) this.#ran.delete(name);
    else this.#ran.set(name, host);
    if (before !== null) {
      hosts.forgetGuest(name);
      deliveries.forget(name);
      this.#reach(before, (link) => this.#tell(link));
    }
    const link = host === null ? null : this.#link(host);
    if (link !== null && this.#tell(link).includes(name)) await this.#greet(hosts.attach(link, name, null));
  }

  /** Says which guests it has; answers with them. */
  #tell(link: AgentLink): readonly string[] {
    const workloads = this.#on(link.workload).slice(0, guestLimit);
    link.send({ kind: 'guests', workloads });
    return workloads;
  }

  #greet(link: AgentLink): Promise<void> {
    return this.#parts.deliveries.hello(link);
  }

  #on(host: string): string[] {
    return this.#parts.estate.guestsOf(host);
  }

  #reach(host: string, act: (link: AgentLink) => void): void {
    const link = this.#link(host);
    if (link !== null) act(link);
  }

  #link(host: string): AgentLink | null {
    const link = this.#able.get(host);
    return link !== undefined && this.#parts.hosts.link(host) === link ? link : null;
  }
}

const elsewhere = (host: string, guest: string): Refusal => ({
  code: 'guest-elsewhere',
  message: `Cannot accept what "${host}" says of "${guest}": that is no guest of it`,
});
