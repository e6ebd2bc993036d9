import type { VersionRecord } from '../store/versions.ts';
import type { Deliveries, Target } from './deliveries.ts';
import type { CompiledHost } from './host-compiler.ts';
import { widen } from './widen.ts';

type Hosts = ReadonlyMap<string, CompiledHost>;

/** A provisioning that is going on. The hashes are those of what hosts hold once they are widened, and at its end. */
export type Underway = {
  readonly version: VersionRecord;
  readonly before: VersionRecord;
  readonly widened: ReadonlyMap<string, string>;
  readonly final: ReadonlyMap<string, string>;
};

const hashes = (hosts: Hosts): Map<string, string> => new Map([...hosts].map(([name, { hash }]) => [name, hash]));

export const stages = (widened: Hosts, final: Hosts) => ({ widened: hashes(widened), final: hashes(final) });

type Parts = {
  readonly underway: Underway;
  /** Everything that changed meanwhile laid over the version before, and over the one that is being provisioned. */
  readonly older: Hosts;
  readonly newer: Hosts;
  readonly deliveries: Pick<Deliveries, 'meant'>;
};

/**
 * What hosts are to hold when something is laid over a provisioning in the middle: those that have the version keep it,
 * those that are widened stay widened, and those that were not reached stay with the version before.
 */
export function midway({ underway, older, newer, deliveries }: Parts): {
  readonly targets: readonly Target[];
  readonly underway: Underway;
} {
  const targets: Target[] = [];
  const widened = new Map<string, CompiledHost>();
  for (const [workload, after] of newer) {
    const before = older.get(workload) ?? after;
    const both = widen(before.content, after);
    widened.set(workload, both);
    const { hash } = deliveries.meant(workload);
    const isReached = !underway.final.has(workload) || hash === underway.final.get(workload);
    const held = isReached ? after : hash === underway.widened.get(workload) ? both : before;
    const version = held === before && before !== after ? underway.before : underway.version;
    targets.push({ workload, version: version.number, ...held, change: null, untried: true });
  }
  return { targets, underway: { ...underway, ...stages(widened, newer) } };
}
