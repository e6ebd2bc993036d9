import type { Proof } from '../api/types.ts';

/** Milliseconds after which a proof is old, as the controller has it. */
const freshFor = 30_000;

/**
 * What stands now: an answer that was fetched a while ago says `proven`, and nobody tells when that grows old. `now` in
 * milliseconds since the epoch.
 */
export function proofState({ proven }: Proof, now: number): Proof['proven']['state'] {
  if (proven.state !== 'proven' || proven.at === null) return proven.state;
  return now - Date.parse(proven.at) > freshFor ? 'old' : 'proven';
}

export const proofColours = { proven: 'teal', old: 'yellow', 'not proven': 'orange' } as const;

export function proofText(proof: Proof, now: number): string {
  const state = proofState(proof, now);
  if (state === 'proven') return `proven ${proof.proven.generation ?? ''}`.trim();
  return state === 'old' ? 'proof is old' : 'not proven';
}

export function probedText({ probed }: Proof): string {
  const { closed, open, alarms } = probed;
  if (alarms.length > 0) return `${alarms.length} not as it must be`;
  const parts = [
    ...(closed.tried > 0 ? [`${closed.asExpected} of ${closed.tried} closed`] : []),
    ...(open.tried > 0 ? [`${open.asExpected} of ${open.tried} open`] : []),
  ];
  return parts.join(', ') || 'not yet';
}
