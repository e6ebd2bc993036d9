import { type Call, type OptionText, optionNumber, optionSet, optionText } from '../command.ts';
import { badInput } from '../failure.ts';
import type { Effect, Touched } from './preview-text.ts';

export const waveOptions: readonly OptionText[] = [
  { flags: '--canary <share>', about: 'hosts that narrow first, of all that do: 10%' },
  { flags: '--waves <number>', about: 'waves that the hosts after them are spread over' },
  { flags: '--watch <duration>', about: 'how long reports are watched after each wave: 30s, 5min; 0 switches it off' },
  { flags: '--budget <flows>', about: 'flows that passed before and may be denied: 20, or 2% of those in use' },
  { flags: '--failures <hosts>', about: 'hosts of the first wave that may fail' },
  { flags: '--accept-denied', about: 'flows in use that the difference of both versions names may be denied' },
  { flags: '--no-waves', about: 'to all hosts at once; nothing is watched and nothing taken back' },
];

/** As the API takes it; a key that is not there is as the controller has it. */
export type AskedWaves = { readonly waves?: object | null; readonly accept?: 'foreseen' | readonly Named[] };
type Named = Pick<Touched, 'from' | 'to' | 'service'>;

export function askedWaves(call: Call): AskedWaves {
  const accept = optionSet(call, 'acceptDenied') ? ({ accept: 'foreseen' } as const) : {};
  if (call.options.waves === false) return { waves: null };
  const [canary, watch, budget] = [optionText(call, 'canary'), optionText(call, 'watch'), optionText(call, 'budget')];
  const [rest, failures] = [optionNumber(call, 'waves'), optionNumber(call, 'failures')];
  const waves = {
    ...(canary !== null && { canary: shareOf(canary, '--canary') }),
    ...(rest !== null && { rest }),
    ...(watch !== null && { watch: secondsOf(watch) }),
    ...(budget !== null && budgetOf(budget)),
    ...(failures !== null && { failures }),
  };
  return { ...accept, ...(Object.keys(waves).length > 0 && { waves }) };
}

/** Flows in use that would not pass any more. */
export const deniedIn = ({ flows }: Pick<Effect, 'flows'>): readonly Touched[] =>
  (flows?.items ?? []).filter(({ was, becomes }) => was.effective !== 'deny' && becomes.effective === 'deny');

/** Whoever was shown what would be denied, and said yes, has accepted that. */
export function acceptShown(asked: AskedWaves, effect: Pick<Effect, 'flows'>): AskedWaves {
  if (asked.accept !== undefined) return asked;
  return { ...asked, accept: deniedIn(effect).map(({ from, to, service }) => ({ from, to, service })) };
}

function shareOf(text: string, what: string): number {
  const [, percent] = /^(\d{1,3}(?:\.\d{1,3})?) ?%$/.exec(text) ?? [];
  const share = Number(percent) / 100;
  if (share >= 0 && share <= 1) return share;
  throw badInput('not-a-share', `Cannot read ${what} "${text}": it is no share, one like 10% is needed`);
}

function budgetOf(text: string): object {
  if (text.endsWith('%')) return { budgetShare: shareOf(text, '--budget') };
  if (/^\d{1,7}$/.test(text)) return { budget: Number(text) };
  throw badInput(
    'not-a-number',
    `Cannot read --budget "${text}": it is no number of flows, one like 20 or 2% is needed`,
  );
}

const units: Readonly<Record<string, number>> = { '': 1, s: 1, min: 60, m: 60, h: 3600 };
const longestWatch = 3600;

function secondsOf(text: string): number {
  const [, number, unit = ''] = /^(\d{1,5}) ?(s|min|m|h)?$/.exec(text) ?? [];
  const seconds = Number(number) * (units[unit] ?? Number.NaN);
  if (seconds >= 0 && seconds <= longestWatch) return seconds;
  throw badInput(
    'not-a-duration',
    `Cannot read --watch "${text}": it is no time up to an hour, one like 30s is needed`,
  );
}
