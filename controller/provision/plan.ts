/** Content hashes of one host: what it was last sent, the widened ruleset, and the final one. */
export type HostTarget = {
  readonly workload: string;
  readonly connected: boolean;
  readonly sent: string;
  readonly widened: string;
  readonly final: string;
};

/** `wave` counts from 1; null where nothing is taken away, or there are no waves. */
export type Step = {
  readonly phase: 'widen' | 'narrow';
  readonly wave: number | null;
  readonly workloads: readonly string[];
};

/** How hosts that narrow are spread over waves; null: all of them at once. */
export type WaveShape = { readonly canary: number; readonly rest: number };

/** The wave of a host that was in one before the provisioning broke off. */
export type KnownWaves = ReadonlyMap<string, number>;

/**
 * Make before break: everything that will be allowed is allowed everywhere before anything is taken away anywhere.
 * Each step begins when the one before it is acknowledged or has timed out. Only hosts whose ruleset differs appear, and
 * those whose wave is known.
 *
 * INVARIANT: a host that already holds the final ruleset is left alone, so a plan made again after a crash goes on
 * where the first one stopped.
 */
export function planProvision(
  targets: readonly HostTarget[],
  shape: WaveShape | null = null,
  known: KnownWaves = new Map(),
): Step[] {
  const open = targets.filter((target) => target.sent !== target.final && !known.has(target.workload));
  const widen = open.filter((target) => target.sent !== target.widened);
  const narrow = open.filter((target) => target.widened !== target.final);
  // Hosts that are away cannot answer, so they are no use in the wave that tries the change out.
  const ordered = [...narrow].sort(byPresence).map(({ workload }) => workload);
  const widening: Step = { phase: 'widen', wave: null, workloads: widen.map(({ workload }) => workload) };
  const narrowing =
    shape === null ? [narrowStep(ordered, null)] : [...knownSteps(known), ...freshSteps(ordered, shape, known)];
  return [widening, ...narrowing].filter((step) => step.workloads.length > 0);
}

const narrowStep = (workloads: readonly string[], wave: number | null): Step => ({ phase: 'narrow', wave, workloads });

function knownSteps(known: KnownWaves): Step[] {
  const byWave = Map.groupBy(known.keys(), (workload) => known.get(workload) ?? 1);
  return [...byWave].sort(([a], [b]) => a - b).map(([wave, workloads]) => narrowStep(workloads, wave));
}

function freshSteps(workloads: readonly string[], shape: WaveShape, known: KnownWaves): Step[] {
  const waves = known.size === 0 ? spread(workloads, shape) : spreadRest(workloads, shape);
  const highest = Math.max(0, ...known.values());
  return waves.map((wave, index) => narrowStep(wave, highest + 1 + index));
}

function spread(workloads: readonly string[], shape: WaveShape): (readonly string[])[] {
  const first = Math.min(Math.max(Math.ceil(shape.canary * workloads.length), 1), workloads.length);
  return [workloads.slice(0, first), ...spreadRest(workloads.slice(first), shape)];
}

/** Equal parts, the larger ones last: by then more is known. */
function spreadRest(workloads: readonly string[], { rest }: WaveShape): (readonly string[])[] {
  const parts = Math.min(rest, workloads.length);
  return Array.from({ length: parts }, (_, index) =>
    workloads.slice(
      Math.floor((index * workloads.length) / parts),
      Math.floor(((index + 1) * workloads.length) / parts),
    ),
  );
}

function byPresence(a: HostTarget, b: HostTarget): number {
  if (a.connected !== b.connected) return a.connected ? -1 : 1;
  return a.workload < b.workload ? -1 : 1;
}
