import type { Document, ModeDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import type { Direction, ModeName } from '@bulkhead/model/words.ts';
import type { Estate, Workload } from '../estate.ts';
import { refusal } from '../problems.ts';
import { selectorText } from './selector.ts';

export type Modes = Readonly<Record<Direction, ModeName>>;
export type BuiltModes = { readonly modes: ReadonlyMap<string, Modes>; readonly problems: readonly Problem[] };

/** Later is stricter: what holds between documents that disagree (SPEC M2). */
const strictness: readonly ModeName[] = ['observe', 'test', 'selective', 'enforce'];

/** The modes of every workload (SPEC M1). Problem: `mode-conflict`, once per pair of documents. */
export function buildModes(documents: readonly Document[], estate: Estate): BuiltModes {
  const declared = documents.filter((document) => document.kind === 'Mode');
  const problems = new Map<string, Problem>();
  const report = (a: ModeDocument, b: ModeDocument, workload: Workload) => {
    const key = `${declared.indexOf(a)} ${declared.indexOf(b)}`;
    if (!problems.has(key)) problems.set(key, conflict(a, b, workload));
  };
  const modes = new Map<string, Modes>();
  for (const workload of estate.workloads) modes.set(workload.name, modesOf(declared, workload, report));
  return { modes, problems: [...problems.values()] };
}

/** What the documents say of one workload; `report` hears of those that disagree. */
export function modesOf<W extends Judged>(
  declared: readonly ModeDocument[],
  workload: W,
  report: (first: ModeDocument, second: ModeDocument, workload: W) => void,
): Modes {
  const matching = declared.filter(({ selector }) => requirementsMatch(selector.requirements, workload.labels));
  const disagree = (first: ModeDocument, second: ModeDocument) => report(first, second, workload);
  const question = { fallback: workload.fallbackMode, matching, report: disagree };
  return {
    inbound: modeFor({ ...question, direction: 'inbound' }),
    outbound: modeFor({ ...question, direction: 'outbound' }),
  };
}

type Judged = Pick<Workload, 'labels' | 'fallbackMode'>;
type Question = {
  readonly fallback: ModeName;
  readonly matching: readonly ModeDocument[];
  readonly direction: Direction;
  readonly report: (first: ModeDocument, second: ModeDocument) => void;
};

function modeFor({ fallback, matching, direction, report }: Question): ModeName {
  const speaking = matching.filter((document) => document[direction] !== null);
  const most = Math.max(...speaking.map(specificity));
  const [first, ...others] = speaking.filter((document) => specificity(document) === most);
  if (first === undefined) return fallback;
  let mode = first[direction] ?? fallback;
  for (const other of others) {
    const also = other[direction] ?? mode;
    if (also !== first[direction]) report(first, other);
    if (strictness.indexOf(also) > strictness.indexOf(mode)) mode = also;
  }
  return mode;
}

const specificity = (document: ModeDocument): number => document.selector.requirements.length;

function conflict(first: ModeDocument, second: ModeDocument, workload: Workload): Problem {
  const [a, b] = [selectorText(first.selector), selectorText(second.selector)];
  const message =
    `Cannot choose a mode for workload "${workload.name}": "${a}" and "${b}" are equally specific and disagree, ` +
    'one of them must say more or go; the stricter holds until then';
  return refusal({ code: 'mode-conflict', message, place: second.place });
}

/** A workload that came after the policy was built has its fallback. */
export function modeAt(modes: BuiltModes['modes'], host: Workload, direction: Direction): ModeName {
  return modes.get(host.name)?.[direction] ?? host.fallbackMode;
}
