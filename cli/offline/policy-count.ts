import { countCells } from '@bulkhead/policy/count.ts';
import { answer, type Call, type CommandText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { atOption, estateOption, givenPaths, policyOption, requireWorld } from './load.ts';

export const policyCountCommand: CommandText = {
  usage: 'count',
  about: 'how many cells are open, exactly, of all that there are',
  options: [estateOption, policyOption, atOption],
  run: countOpen,
};

/** In JSON as decimal texts: counts pass what a JSON number holds. */
async function countOpen(call: Call): Promise<ExitCode> {
  const world = requireWorld(call, givenPaths(call));
  const [intended, effective] = [countCells(world, 'intended'), countCells(world, 'effective')];
  const value = { all: `${intended.all}`, intended: `${intended.open}`, effective: `${effective.open}` };
  const share = (open: bigint): string =>
    intended.all === 0n ? '' : ` (${(Number((open * 1_000_000n) / intended.all) / 10_000).toFixed(4)} %)`;
  return answer(call, value, () =>
    [
      `intended   ${value.intended} open${share(intended.open)}`,
      `effective  ${value.effective} open${share(effective.open)}`,
      `of         ${value.all} cells`,
    ].join('\n'),
  );
}
