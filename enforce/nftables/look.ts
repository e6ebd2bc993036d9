import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { Comparison, Done, Glance } from '../back-end.ts';
import type { Copy } from './copy.ts';
import {
  type GlanceInput,
  glanceRequest,
  judgeGlance,
  makeReference,
  type Reference,
  referenceRequest,
} from './glance.ts';
import { type KernelTable, readKernelTable } from './kernel-table.ts';
import { type DriverOptions, done, failed, mapDone, runHelper } from './nft.ts';

export type Remembered = { readonly comparison: Done<Comparison>; readonly reference: Reference | null };
export type Remembering = {
  readonly place: number;
  /** Which copy of its names is in use, once the table was listed; null: it did not say. */
  readonly copy: () => Copy | null;
  readonly options: DriverOptions;
};

/** Between two readings of the kernel's own form, which then is known to be that of the ruleset. */
export async function compareAndRemember(
  ruleset: HostRuleset,
  compare: () => Promise<Done<Comparison>>,
  { place, copy: copyInUse, options }: Remembering,
): Promise<Remembered> {
  const before = await readKernel('', options);
  const comparison = await compare();
  const same = comparison.kind === 'done' && comparison.value.kind === 'same';
  const copy = copyInUse();
  if (!same || copy === null || before.kind === 'failed' || before.value === null)
    return { comparison, reference: null };
  const at = { place, copy };
  const after = await readKernel(referenceRequest(ruleset, at, before.value), options);
  if (after.kind === 'failed' || after.value === null) return { comparison, reference: null };
  return { comparison, reference: makeReference(ruleset, at, [before.value, after.value]) };
}

export async function glance(input: Omit<GlanceInput, 'table'>, options: DriverOptions): Promise<Done<Glance>> {
  const { ruleset, reference, turn } = input;
  const table = await readKernel(glanceRequest(ruleset, reference, turn), options);
  return mapDone(table, (value) => judgeGlance({ ...input, table: value }));
}

/** Null: there is no table of ours. */
async function readKernel(input: string, options: DriverOptions): Promise<Done<KernelTable | null>> {
  const text = await runHelper(['table', options.table], input, options);
  if (text.kind === 'failed') return text;
  const table = readKernelTable(text.value);
  return table === 'unreadable'
    ? failed('enforce-unreadable', 'Cannot read what the helper says of the table: it is another version')
    : done(table);
}
