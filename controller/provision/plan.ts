/** Content hashes of one host: what it was last sent, the widened ruleset, and the final one. */
export type HostTarget = {
  readonly workload: string;
  readonly connected: boolean;
  readonly sent: string;
  readonly widened: string;
  readonly final: string;
};

export type Step = { readonly phase: 'widen' | 'narrow'; readonly workloads: readonly string[] };

/** Hosts of the first wave of narrowing. What becomes of it is shown, and does not yet hold back the rest. */
const firstWave = 1;

/**
 * Make before break: everything that will be allowed is allowed everywhere before anything is taken away anywhere.
 * Each step begins when the one before it is acknowledged or has timed out. Only hosts whose ruleset differs appear.
 *
 * INVARIANT: a host that already holds the final ruleset is left alone, so a plan made again after a crash goes on
 * where the first one stopped.
 */
export function planProvision(targets: readonly HostTarget[]): Step[] {
  const open = targets.filter((target) => target.sent !== target.final);
  const widen = open.filter((target) => target.sent !== target.widened);
  const narrow = open.filter((target) => target.widened !== target.final);
  // Hosts that are away cannot answer, so they are no use in the wave that tries the change out.
  const ordered = [...narrow].sort(byPresence);
  const waves = [ordered.slice(0, firstWave), ordered.slice(firstWave)];
  return [step('widen', widen), ...waves.map((wave) => step('narrow', wave))].filter((one) => one.workloads.length > 0);
}

const step = (phase: Step['phase'], targets: readonly HostTarget[]): Step => ({
  phase,
  workloads: targets.map((target) => target.workload),
});

function byPresence(a: HostTarget, b: HostTarget): number {
  if (a.connected !== b.connected) return a.connected ? -1 : 1;
  return a.workload < b.workload ? -1 : 1;
}
