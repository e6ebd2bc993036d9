import type { Hosts } from '../agents/hosts.ts';
import type { Deliveries } from './deliveries.ts';
import type { Leaks } from './leaks.ts';
import type { ProbeReport } from './probe-isolated.ts';

/** `away`: not connected. `timeout`: connected and did not answer in time. `applied`: loaded, and not read back. */
export type IsolationHostState = 'sent' | 'applied' | 'proven' | 'failed' | 'away' | 'timeout';

export type IsolationHost = {
  readonly workload: string;
  readonly role: 'isolated' | 'peer';
  readonly state: IsolationHostState;
  /** What it has to hold. */
  readonly generation: number;
  readonly problem: string | null;
  /** Milliseconds after the order: on the way, answered for, read back. Null: not yet. */
  readonly sent: number | null;
  readonly applied: number | null;
  readonly proven: number | null;
  /** Milliseconds that the host took, as it says. */
  readonly apply: number | null;
};

export type Step = 'isolate' | 'release';

/** What an isolation, or its release, came to. `checking`: every host has answered or is given up, packets are tried. */
export type IsolationRun = {
  readonly step: Step;
  readonly state: 'running' | 'checking' | 'done' | 'incomplete';
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly hosts: readonly IsolationHost[];
  readonly probes: ProbeReport | null;
  readonly leaks: Leaks | null;
};

export const newRun = (step: Step, startedAt: number): IsolationRun => ({
  step,
  state: 'running',
  startedAt,
  finishedAt: null,
  hosts: [],
  probes: null,
  leaks: null,
});

type Known = { readonly hosts: Pick<Hosts, 'status'>; readonly deliveries: Pick<Deliveries, 'meant'> };

/** The host's kernel was read back and holds what it is meant to hold now. */
export function isProven({ hosts, deliveries }: Known, workload: string): boolean {
  const { applied } = hosts.status(workload);
  const { generation, hash } = deliveries.meant(workload);
  return applied?.proven === true && applied.generation === generation && applied.hash === hash;
}
