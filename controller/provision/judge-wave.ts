import { failuresAllowed, flowsAllowed, type WaveSettings } from './wave-settings.ts';

/** What one wave has shown so far. `denied`: flows that count, over all waves; `failed`: hosts of this one, and why. */
export type Shown = {
  readonly wave: number;
  readonly hosts: number;
  readonly failed: ReadonlyMap<string, string>;
  readonly denied: number;
  readonly inUse: number;
};

/** Null, or in one sentence why nothing more may be narrowed and what was has to be taken back. */
export function judgeWave({ wave, hosts, failed, denied, inUse }: Shown, settings: WaveSettings): string | null {
  const failures = failuresAllowed(settings, wave, hosts);
  const [first] = failed;
  if (first !== undefined && failed.size > failures) {
    const [name, why] = first;
    return `${count(failed.size, 'host')} of wave ${wave} failed, ${failures} may: ${name}: ${why}`;
  }
  const budget = flowsAllowed(settings, inUse);
  if (denied <= budget) return null;
  return `${count(denied, 'flow')} that passed before ${denied === 1 ? 'is' : 'are'} denied now, the budget is ${budget}`;
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
