/** How a version is brought to its hosts in waves, and when it is taken back. Shares are between 0 and 1. */
export type WaveSettings = {
  /** Of the hosts that narrow; at least one host. */
  readonly canary: number;
  /** Waves that the other hosts are spread over. */
  readonly rest: number;
  /** Milliseconds for which reports are watched after each wave; 0: nobody waits, and no flow is judged. */
  readonly watch: number;
  /** Newly denied flows that are put up with. */
  readonly budget: number;
  /** The same, of the flows in use at the hosts that were narrowed; the larger of both counts. */
  readonly budgetShare: number;
  /** Hosts of the canary that may fail to take their ruleset. */
  readonly failures: number;
  /** Days that a flow is looked for that was let through before. */
  readonly lookback: number;
  readonly accept: Accepted;
};

/**
 * Flows in use that whoever provisions knows about and gives up. `foreseen`: every one that the older policy allows and
 * the newer denies; a list: these.
 */
export type Accepted = 'nothing' | 'foreseen' | readonly AcceptedFlow[];
export type AcceptedFlow = { readonly from: string; readonly to: string; readonly service: string };

export const defaultWaves: WaveSettings = {
  canary: 0.1,
  rest: 1,
  watch: 10_000,
  budget: 0,
  budgetShare: 0,
  failures: 0,
  lookback: 7,
  accept: 'nothing',
};

/** Of the hosts of a later wave: single hosts fail for reasons of their own, and the canary has shown that others do not. */
const laterFailures = 0.1;

export const failuresAllowed = ({ failures }: WaveSettings, wave: number, hosts: number): number =>
  wave === 1 ? failures : Math.max(failures, Math.ceil(laterFailures * hosts));

export const flowsAllowed = ({ budget, budgetShare }: WaveSettings, inUse: number): number =>
  Math.max(budget, Math.floor(budgetShare * inUse));
