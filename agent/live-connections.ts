import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { LiveMode } from '@bulkhead/model/words.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import type { Connections } from './connections.ts';
import { deniedFlows } from './denied-flows.ts';
import type { Log } from './log.ts';
import type { Problems } from './problems.ts';

export type LiveConnectionsParts = {
  readonly connections: Connections;
  readonly problems: Problems;
  readonly log: Log;
  /** Of this host now, in any spelling. */
  readonly hostAddresses: () => readonly string[];
  /** See `End` in denied-flows.ts. */
  readonly reversed: number;
};

/** Where the sockets of a ruleset's workload are: `namespace` as in `Connections.end`. */
export type Place = { readonly namespace: string | null };
const thisHost: Place = { namespace: null };

/** Ends connections that a change denies, where it was made so that both ends hear of it. */
export class LiveConnections {
  readonly #parts: LiveConnectionsParts;
  #ended = 0;

  constructor(parts: LiveConnectionsParts) {
    this.#parts = parts;
  }

  /** Connections that were ended since this agent began. */
  get ended(): number {
    return this.#ended;
  }

  /** After the kernel holds it: what it denies is then denied at the next packet anyway, and this only says so. */
  async changed({ content, generation }: HostRuleset, live: LiveMode, { namespace } = thisHost): Promise<void> {
    if (live !== 'reset') return;
    const { connections, problems, log, hostAddresses, reversed } = this.#parts;
    const parsed = hostAddresses().flatMap((text) => parseAddress(text) ?? []);
    const local = new Set<Address>(content.local ?? parsed);
    const denied = deniedFlows(content, { isLocal: (address) => local.has(address), reversed });
    const read = await connections.flows(denied.see);
    const { sockets, elsewhere } = denied.take();
    const done = read.kind === 'failed' ? read : await connections.end(sockets, namespace);
    if (done.kind === 'failed') {
      problems.set('reset', `Connections that generation ${generation} denies hang instead of ending: ${done.message}`);
      return;
    }
    const { ended, absent, failed, why } = done.value;
    this.#ended += ended;
    if (failed > 0) problems.set('reset', `${failed} connections that generation ${generation} denies hang: ${why}`);
    else problems.clear('reset');
    const whole = read.kind === 'done' && read.value.whole;
    log('info', `Ended ${ended} connections that generation ${generation} denies`, {
      absent,
      failed,
      elsewhere,
      whole,
    });
  }
}
