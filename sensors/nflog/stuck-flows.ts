import { serviceValue } from '@bulkhead/net/service-space.ts';
import { parseLogPrefix } from './log-prefix.ts';
import type { LogRecord } from './record.ts';

/** A flow whose first packet our rules let pass again and again, so that it did not get past what came after them. */
export type StuckFlow = {
  readonly protocol: 'tcp' | 'udp';
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** The rule that allows it. */
  readonly rule: string | null;
};

/** Two may be packets on two processors at once; a first packet is sent three times within three seconds. */
const sightings = 3;
const spanMilliseconds = 500;
const forgottenAfter = 60_000;
const mostFlows = 4096;
const mostPrefixes = 4096;
const protocols: Readonly<Record<number, StuckFlow['protocol']>> = { 6: 'tcp', 17: 'udp' };

type Seen = { readonly first: number; count: number };

/**
 * Connection tracking confirms a flow when its first packet has passed every hook of this host, and from then on it is
 * not new and not logged. One that is logged as new again was dropped behind our rules. Costs nothing in the kernel.
 */
export class StuckFlows {
  readonly #flows = new Map<string, Seen>();
  readonly #rules = new Map<string, { readonly rule: string | null } | null>();

  /** The flow, each time it is seen to be stuck. */
  add(record: LogRecord): StuckFlow | null {
    const protocol = protocols[record.protocol];
    const allowed = protocol === undefined ? null : this.#allowedBy(record.prefix);
    if (protocol === undefined || allowed === null || record.sourcePort === 0) return null;
    const { at, source, destination, sourcePort, servicePoint, tcp } = record;
    const key = `${source}|${destination}|${sourcePort}|${servicePoint}|${record.direction}|${tcp?.sequence ?? ''}`;
    const seen = this.#seen(key, at);
    seen.count++;
    if (seen.count < sightings || at - seen.first < spanMilliseconds) return null;
    return { protocol, source, destination, sourcePort, destinationPort: serviceValue(servicePoint), ...allowed };
  }

  #seen(key: string, at: number): Seen {
    const known = this.#flows.get(key);
    if (known !== undefined && at - known.first < forgottenAfter) return known;
    const made = { first: at, count: 0 };
    this.#flows.delete(key);
    this.#flows.set(key, made);
    if (this.#flows.size > mostFlows) this.#flows.delete(this.#flows.keys().next().value ?? key);
    return made;
  }

  #allowedBy(prefix: string): { readonly rule: string | null } | null {
    const known = this.#rules.get(prefix);
    if (known !== undefined) return known;
    if (this.#rules.size >= mostPrefixes) this.#rules.clear();
    const parsed = parseLogPrefix(prefix);
    const allowed = parsed?.effective === 'allow' ? { rule: parsed.rule } : null;
    this.#rules.set(prefix, allowed);
    return allowed;
  }
}

export const flowText = ({ protocol, source, destination, destinationPort }: StuckFlow): string =>
  `${source} to ${destination} ${protocol}/${destinationPort}`;
