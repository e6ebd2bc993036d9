import type { HostProgress, HostState, Provision, Wave } from '../api/policy-types.ts';
import { plural } from './preview-text.ts';

/** Of the hosts that had to change. `away` hosts get the version when they come back. */
export type Tally = Readonly<Record<'applied' | 'failed' | 'away' | 'open', number>> & { readonly all: number };

const standing: Readonly<Record<HostState, 'applied' | 'failed' | 'away' | 'open'>> = {
  waiting: 'open',
  sent: 'open',
  applied: 'applied',
  failed: 'failed',
  timeout: 'failed',
  away: 'away',
};

/** A widened ruleset that was applied is half the way: the final one is still to come while it runs. */
export function standingOf({ state, phase }: HostProgress, running: boolean): keyof Tally & string {
  return state === 'applied' && phase === 'widen' && running ? 'open' : standing[state];
}

export function tallyOf({ hosts, state }: Provision): Tally {
  const tally = { applied: 0, failed: 0, away: 0, open: 0, all: hosts.length };
  for (const host of hosts) tally[standingOf(host, state === 'running')]++;
  return tally;
}

export const hostText = ({ phase, state }: HostProgress): string =>
  `${phase === 'widen' ? 'widened' : 'final'} ruleset ${stateTexts[state]}`;

const stateTexts: Readonly<Record<HostState, string>> = {
  waiting: 'waiting',
  sent: 'sent',
  applied: 'applied',
  failed: 'failed',
  away: 'waits: the host is away',
  timeout: 'sent, no answer in time',
};

/** From the start of the provisioning to the host's last word. */
export const millisecondsOf = ({ at }: HostProgress, { startedAt }: Provision): number =>
  Math.max(0, Date.parse(at) - Date.parse(startedAt));

const waveStates: Readonly<Record<Wave['state'], string>> = {
  running: 'narrowing',
  watching: 'watched',
  passed: 'passed',
  stopped: 'stopped',
};

export function waveText({ state, newlyDenied, failed }: Wave): string {
  const failures = failed === 0 ? '' : `, ${plural(failed, 'host')} failed`;
  return `${waveStates[state]}; ${plural(newlyDenied, 'flow')} newly denied${failures}`;
}
