import type { Done } from '@bulkhead/enforce/back-end.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';
import { namespacesWith } from '@bulkhead/sensors/procfs/network-namespaces.ts';
import type { Endings, SocketName } from './connections.ts';
import { deniedFlows } from './denied-flows.ts';
import type { Log } from './log.ts';
import type { FlowAccess } from './privileged.ts';
import type { Problems } from './problems.ts';

export type LiveConnectionsParts = {
  readonly flows: FlowAccess;
  readonly problems: Problems;
  readonly log: Log;
  /** Of this host now, in any spelling. */
  readonly hostAddresses: () => readonly string[];
  readonly files: FileTree;
};

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
  async endDenied(ruleset: HostRuleset): Promise<void> {
    const { flows, problems, log } = this.#parts;
    const { workload, content, generation } = ruleset;
    const local = this.#localOf(ruleset);
    const denied = deniedFlows(content, { isLocal: (address) => local.has(address), reversed: flows.reversed });
    const read = await flows.connections.flows(denied.see);
    const { sockets, elsewhere } = denied.take();
    const done = read.kind === 'failed' ? read : await this.#end(sockets, this.#namespacesOf(ruleset));
    const code = `reset ${workload}`;
    if (done.kind === 'failed') {
      problems.set(code, `Connections that generation ${generation} denies hang instead of ending: ${done.message}`);
      return;
    }
    const { ended, absent, failed, why } = done.value;
    this.#ended += ended;
    if (failed > 0) problems.set(code, `${failed} connections that generation ${generation} denies hang: ${why}`);
    else problems.clear(code);
    const whole = read.kind === 'done' && read.value.whole;
    const counts = { workload, absent, failed, elsewhere, whole };
    log('info', `Ended ${ended} connections that generation ${generation} denies`, counts);
  }

  #localOf({ content }: HostRuleset): ReadonlySet<Address> {
    return new Set(content.local ?? this.#parts.hostAddresses().flatMap((text) => parseAddress(text) ?? []));
  }

  /** Of a guest, those that have its addresses; it may have none yet, or no more. */
  #namespacesOf({ content: { local } }: HostRuleset): readonly (string | null)[] {
    return local === undefined ? [null] : namespacesWith(new Set(local), this.#parts.files);
  }

  async #end(sockets: readonly SocketName[], namespaces: readonly (string | null)[]): Promise<Done<Endings>> {
    let all: Endings = { ended: 0, absent: 0, failed: 0, why: null };
    for (const namespace of sockets.length === 0 ? [] : namespaces) {
      const done = await this.#parts.flows.connections.end(sockets, namespace);
      if (done.kind === 'failed') return done;
      all = add(all, done.value);
    }
    return { kind: 'done', value: { ...all, absent: sockets.length - all.ended - all.failed } };
  }
}

const add = (a: Endings, b: Endings): Endings => ({
  ended: a.ended + b.ended,
  absent: a.absent + b.absent,
  failed: a.failed + b.failed,
  why: b.why ?? a.why,
});
