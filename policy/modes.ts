import type { Document, ModeDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Direction, ModeName } from '@bulkhead/model/words.ts';
import type { Estate, Workload } from './estate.ts';
import { refusal } from './problems.ts';
import { requirementsMatch, selectorText } from './selector.ts';

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
  for (const workload of estate.workloads) {
    const matching = declared.filter(({ selector }) => requirementsMatch(selector.requirements, workload.labels));
    const inbound = modeFor({ workload, matching, direction: 'inbound', report });
    modes.set(workload.name, { inbound, outbound: modeFor({ workload, matching, direction: 'outbound', report }) });
  }
  return { modes, problems: [...problems.values()] };
}

type Question = {
  readonly workload: Workload;
  readonly matching: readonly ModeDocument[];
  readonly direction: Direction;
  readonly report: (first: ModeDocument, second: ModeDocument, workload: Workload) => void;
};

function modeFor({ workload, matching, direction, report }: Question): ModeName {
  const speaking = matching.filter((document) => document[direction] !== null);
  const most = Math.max(...speaking.map(specificity));
  const [first, ...others] = speaking.filter((document) => specificity(document) === most);
  if (first === undefined) return workload.fallbackMode;
  let mode = first[direction] ?? workload.fallbackMode;
  for (const other of others) {
    const also = other[direction] ?? mode;
    if (also !== first[direction]) report(first, other, workload);
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
