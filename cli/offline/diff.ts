import { isDeepStrictEqual } from 'node:util';
import type { View } from '@bulkhead/model/decision.ts';
import { type Difference, diff, isNoDifference } from '@bulkhead/policy/diff.ts';
import { markdownOption, sayReport } from '../as-code/report.ts';
import { argument, type Call, type CommandText, optionList, optionSet } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { diffMarkdown } from '../markdown/reports.ts';
import { changeText, differenceLines } from '../online/preview-text.ts';
import { atOption, chosenView, estateOption, labelsBeside, requireWorld, viewOption } from './load.ts';

export const diffCommand: CommandText = {
  usage: 'diff <before> <after>',
  about: 'the exact change of verdicts between two policies',
  options: [
    estateOption,
    { flags: '--estate-after <path>', about: 'the estate of the second policy (default: the same)', repeat: true },
    { flags: '--expect-none', about: 'end with 1 when anything changes, in either view' },
    markdownOption,
    viewOption,
    atOption,
  ],
  run: compare,
};

/** How many cells change in one view. */
type Counts = { readonly opened: number; readonly closed: number };

async function compare(call: Call): Promise<ExitCode> {
  const estate = optionList(call, 'estate');
  const later = optionList(call, 'estateAfter');
  const before = requireWorld(call, { estate, policy: [argument(call, 0)] });
  const loaded = requireWorld(call, { estate: later.length > 0 ? later : estate, policy: [argument(call, 1)] });
  // The same object where it is the same estate: then its workloads need not be compared.
  const isSameEstate = later.length === 0 && hasSameLabels(argument(call, 0), argument(call, 1));
  const after = isSameEstate ? { ...loaded, estate: before.estate } : loaded;
  const view = chosenView(call);
  const other: View = view === 'intended' ? 'effective' : 'intended';
  const difference = diff(before, after, view);
  const otherwise = diff(before, after, other);
  const counts = { [view]: countsOf(difference), [other]: countsOf(otherwise) };
  sayReport(call, {
    json: () => ({ as: view, ...difference, counts }),
    markdown: () => diffMarkdown(view, difference, otherwise),
    text: () => [...differenceLines(difference), `${view}; ${countsText(other, otherwise)}`],
  });
  const isNone = isNoDifference(difference) && isNoDifference(otherwise);
  return optionSet(call, 'expectNone') && !isNone ? exitCodes.no : exitCodes.ok;
}

const hasSameLabels = (before: string, after: string): boolean =>
  isDeepStrictEqual(labelsBeside([before]), labelsBeside([after]));

const countsOf = ({ opened, closed }: Difference): Counts => ({ opened: opened.cells, closed: closed.cells });

const countsText = (view: View, { opened, closed }: Difference): string =>
  `${view} opens ${changeText(opened)} and closes ${changeText(closed)}`;
