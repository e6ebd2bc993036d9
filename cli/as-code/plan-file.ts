import { createHash } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import type { PolicyContent } from '@bulkhead/model/policy-content.ts';
import { badInput, Failure } from '../failure.ts';
import type { Effect } from '../online/preview-text.ts';
import { contentHash } from './directory.ts';
import type { PartChanges } from './parts.ts';
import { wrongPlanPart } from './plan-shape.ts';
import { statOf } from './safe-path.ts';
import { writeWhole } from './write-file.ts';

/** What a directory would make of a version, as it was shown, with all that is needed to do exactly that later. */
export type Plan = {
  readonly kind: 'bulkhead-plan';
  readonly format: typeof planFormat;
  /** RFC 3339. */
  readonly made: string;
  /** `version` null: it was made from files, and only the hash says of which version. */
  readonly base: { readonly version: number | null; readonly hash: string };
  readonly content: PolicyContent & { readonly hash: string };
  readonly changes: Changes;
  /** What the policy loses and what of it says something else, whatever that means for verdicts. */
  readonly parts: PartChanges;
  readonly effect: Effect;
};

export type Changes = {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** Label assignments that are other ones. */
  readonly labels: number;
};

export const planFormat = 1;
/** Bytes; the policy alone may be 64 MB. */
const planLimit = 256 * 1024 * 1024;

export function writePlan(file: string, plan: Plan): void {
  writeWhole(file, `${JSON.stringify({ ...plan, seal: sealOf(plan) })}\n`);
}

/** First of all, however planning ends: an older plan of that name would be applied for the one that could not be made. */
export function removePlan(file: string): void {
  const stat = statOf(file);
  if (stat?.isFile() === true || stat?.isSymbolicLink() === true) rmSync(file);
}

/** Throws unless it is whole, of this format and as it was written: what is applied is what was shown. */
export function readPlan(file: string): Plan {
  const said = parse(file, readText(file));
  if (said.kind !== 'bulkhead-plan' || typeof said.format !== 'number') {
    throw wrong(file, 'bad-plan', 'it is no plan', planNeeded);
  }
  if (said.format > planFormat) {
    const so = `it has format ${said.format} and this bulkhead knows ${planFormat}`;
    throw wrong(file, 'newer-plan', so, 'a newer bulkhead or a new plan is needed');
  }
  const { seal, ...rest } = said;
  const changed = () => wrong(file, 'plan-changed', 'it was changed after it was made', 'a new plan is needed');
  if (seal !== sealOf(rest)) throw changed();
  const part = wrongPlanPart(rest);
  if (part !== null) throw wrong(file, 'bad-plan', `"${part}" is missing or has another form`, planNeeded);
  const plan = rest as Plan;
  if (contentHash(plan.content) !== plan.content.hash) throw changed();
  return plan;
}

const planNeeded = 'one that bulkhead policy plan --out wrote is needed';

/** Over everything, key by key as it stands in the file. It finds mistakes; whoever may write the file may seal it anew. */
const sealOf = (plan: object): string => createHash('sha256').update(JSON.stringify(plan)).digest('hex');

/** Of a regular file alone: others may never end. */
function readText(file: string): string {
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (stat === undefined) throw wrong(file, 'no-such-file', 'there is no such file', planNeeded);
    if (stat.isDirectory()) throw wrong(file, 'not-a-file', 'it is a directory', planNeeded);
    if (!stat.isFile()) throw wrong(file, 'not-a-file', 'it is no regular file', planNeeded);
    if (stat.size > planLimit)
      throw wrong(file, 'file-too-large', `it has ${stat.size} bytes`, `at most ${planLimit} can be read`);
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Failure) throw error;
    const { code = String(error) } = error as NodeJS.ErrnoException;
    const there = code !== 'ENOTDIR';
    throw wrong(
      file,
      there ? 'cannot-read' : 'no-such-file',
      there ? `it cannot be read (${code})` : 'there is no such file',
      planNeeded,
    );
  }
}

function parse(file: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw wrong(file, 'bad-plan', 'it is no JSON object', planNeeded);
}

const wrong = (file: string, code: string, ...[so, needed]: [so: string, needed: string]) =>
  badInput(code, `Cannot use the plan "${file}": ${so}, ${needed}`);
