import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { VersionRecord } from '../store/versions.ts';
import type { CompiledHost } from './host-compiler.ts';
import { widen } from './widen.ts';

/**
 * Between two versions: a host whose wave has not come holds what both allow, all others the newer one. Follows the estate
 * as it goes on changing, so that nothing has to wait until the last wave is through.
 */
export class Stage {
  readonly version: VersionRecord;
  /** What a host enforced when the stage began. */
  readonly #before: (workload: string) => HostRulesetContent | null;
  readonly #kept = new Map<string, HostRulesetContent | null>();
  readonly #final = new Map<string, CompiledHost>();
  readonly #narrowed = new Set<string>();
  /** Worked out once: it is asked for when the waves are planned, and when they come. */
  readonly #widened = new Map<string, CompiledHost>();

  constructor(version: VersionRecord, before: (workload: string) => HostRulesetContent | null) {
    this.version = version;
    this.#before = before;
  }

  /** Hosts as the newer version was just compiled for them, and what they are to hold now. */
  follow(compiled: ReadonlyMap<string, CompiledHost>): Map<string, CompiledHost> {
    for (const [workload, host] of compiled) {
      if (!this.#kept.has(workload)) this.#kept.set(workload, this.#before(workload));
      this.#final.set(workload, host);
      this.#widened.delete(workload);
    }
    return new Map([...compiled.keys()].map((workload) => [workload, this.target(workload)]));
  }

  /** The version before was compiled anew, for something that holds in both. */
  rebase(older: ReadonlyMap<string, CompiledHost>): void {
    for (const [workload, { content }] of older) this.#kept.set(workload, content);
  }

  /** What all of them come to hold. */
  get finals(): ReadonlyMap<string, CompiledHost> {
    return this.#final;
  }

  final(workload: string): CompiledHost {
    const host = this.#final.get(workload);
    if (host === undefined) throw new Error(`"${workload}" was never compiled`);
    return host;
  }

  widened(workload: string): CompiledHost {
    const known = this.#widened.get(workload) ?? widen(this.#kept.get(workload) ?? null, this.final(workload));
    this.#widened.set(workload, known);
    return known;
  }

  target(workload: string): CompiledHost {
    return this.#narrowed.has(workload) ? this.final(workload) : this.widened(workload);
  }

  /** Their wave has come. */
  narrow(workloads: Iterable<string>): void {
    for (const workload of workloads) this.#narrowed.add(workload);
  }
}
