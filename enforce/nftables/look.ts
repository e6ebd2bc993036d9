import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Comparison, Done, Glance } from '../back-end.ts';
import {
  copyIn,
  type GlanceInput,
  glanceRequest,
  judgeGlance,
  makeReference,
  type Reference,
  referenceRequest,
} from './glance.ts';
import { type KernelTable, readKernelTable } from './kernel-table.ts';
import { done, failed, mapDone, runProgram } from './run-program.ts';

/** See `DriverOptions`. */
export type LookOptions = {
  readonly table: string;
  readonly timeout: number;
  readonly helper: readonly string[] | null;
};

export type Remembered = { readonly comparison: Done<Comparison>; readonly reference: Reference | null };

/** Between two readings of the kernel's own form, which then is known to be that of the ruleset. */
export async function compareAndRemember(
  ruleset: HostRuleset,
  compare: () => Promise<Done<Comparison>>,
  options: LookOptions,
): Promise<Remembered> {
  const before = await readKernel('', options);
  const comparison = await compare();
  const same = comparison.kind === 'done' && comparison.value.kind === 'same';
  if (!same || before.kind === 'failed' || before.value === null) return { comparison, reference: null };
  const copy = copyIn(before.value);
  const after = await readKernel(referenceRequest(ruleset, copy, before.value), options);
  if (after.kind === 'failed' || after.value === null) return { comparison, reference: null };
  return { comparison, reference: makeReference(ruleset, copy, [before.value, after.value]) };
}

export async function glance(input: Omit<GlanceInput, 'table'>, options: LookOptions): Promise<Done<Glance>> {
  const { ruleset, reference, turn } = input;
  const table = await readKernel(glanceRequest(ruleset, reference, turn), options);
  return mapDone(table, (value) => judgeGlance({ ...input, table: value }));
}

/** Null: there is no table of ours. */
async function readKernel(request: string, options: LookOptions): Promise<Done<KernelTable | null>> {
  const [program = '', ...before] = options.helper ?? [];
  const text = await runProgram({ program, args: [...before, 'table', options.table], input: request }, options);
  if (text.kind === 'failed') return text;
  const table = readKernelTable(text.value);
  return table === 'unreadable'
    ? failed('enforce-unreadable', 'Cannot read what the helper says of the table: it is another version')
    : done(table);
}
