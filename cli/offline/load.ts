import { basename, relative } from 'node:path';
import { assignedLabels, layLabels, mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import type { View } from '@bulkhead/model/decision.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { estateKinds, type InputFile, parseDocuments, policyKinds } from '@bulkhead/model/parse.ts';
import type { LabelAssignment } from '@bulkhead/model/policy-content.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { resolveReferences } from '@bulkhead/model/references.ts';
import { unreadDocuments } from '@bulkhead/model/unread-documents.ts';
import { buildEstate, type Estate } from '@bulkhead/policy/estate.ts';
import { buildPolicy, type Policy } from '@bulkhead/policy/policy.ts';
import { readAssignments } from '../as-code/labels-file.ts';
import { type Call, type OptionText, optionList, optionText } from '../command.ts';
import { badInput, ProblemsFailure } from '../failure.ts';
import { readInputs } from './read-inputs.ts';

export const estateOption: OptionText = {
  flags: '--estate <path>',
  repeat: true,
  about: 'file or directory with the workloads; may be repeated',
  required: true,
};
export const policyOption: OptionText = {
  flags: '--policy <path>',
  repeat: true,
  about: 'file or directory with the policy; may be repeated',
  required: true,
};
export const atOption: OptionText = {
  flags: '--at <time>',
  about: 'the moment that expiries are read at (default: now)',
};
export const viewOption: OptionText = {
  flags: '--as <view>',
  about: 'intended: as if everything were enforced; effective: with modes, without staged rules',
  choices: ['intended', 'effective'],
  fallback: 'intended',
};

/** What the files say together. Estate and policy are null where a problem is an error: then there is no answer. */
export type World = {
  readonly documents: readonly Document[];
  readonly problems: readonly Problem[];
  readonly built: { readonly estate: Estate; readonly policy: Policy } | null;
};

export type Paths = { readonly estate: readonly string[]; readonly policy: readonly string[] };

/** One directory may serve as both: each loader takes its own kinds. `now`: milliseconds since the epoch. */
export function loadWorld(paths: Paths, now: number): World {
  const given = {
    estate: readInputs(paths.estate),
    policy: readInputs(paths.policy),
    labels: labelsBeside(paths.policy),
  };
  // A directory may hold both: what of it is policy is no mistake where the estate is asked for, unless it is all there is.
  const unread = (hasEstate: boolean) => [
    ...(hasEstate ? [] : notRead(paths.estate, paths.policy, 'policy')),
    ...notRead(paths.policy, paths.estate, 'estate'),
  ];
  return worldOf(given, { now, unread });
}

export type WorldText = {
  readonly estate: readonly InputFile[];
  readonly policy: readonly InputFile[];
  /** Laid over what the workloads say of themselves. */
  readonly labels: readonly LabelAssignment[];
};

type Reading = { readonly now: number; readonly unread?: (hasEstate: boolean) => readonly Problem[] };

export function worldOf(
  { estate: estateText, policy: policyText, labels }: WorldText,
  { now, unread }: Reading,
): World {
  const workloads = parseDocuments(estateText, { kinds: estateKinds });
  const objects = parseDocuments(policyText, { kinds: policyKinds });
  const documents = [...layOver(workloads.documents, labels), ...objects.documents];
  const broken = [...workloads.broken, ...objects.broken];
  const elsewhere = unread?.(workloads.documents.length > 0) ?? [];
  const read = [...workloads.problems, ...objects.problems, ...resolveReferences(documents, broken), ...elsewhere];
  // What a broken document should have declared would be reported as missing once more.
  if (hasErrors(read)) return { documents, problems: withoutRepeats(read), built: null };
  const { estate, problems: estateProblems } = buildEstate(documents);
  const { policy, problems: policyProblems } = buildPolicy(documents, estate, now);
  const problems = withoutRepeats([...read, ...estateProblems, ...policyProblems]);
  return { documents, problems, built: policy === null || hasErrors(problems) ? null : { estate, policy } };
}

/** Paths of files as they are below the directory that was given: where ownership looks. A file alone has its own name. */
export function pathBelow(roots: readonly string[]): (file: string) => string | null {
  return (file) => {
    const paths = roots.map((root) => relative(root, file)).filter((path) => !path.startsWith('..'));
    return paths.map((path) => (path === '' ? basename(file) : path)).sort((a, b) => b.length - a.length)[0] ?? null;
  };
}

/** As the controller does: a policy directory may come with the labels that people have assigned. */
export const labelsBeside = (paths: readonly string[]): readonly LabelAssignment[] =>
  mergeAssignments(...paths.map((path) => readAssignments(path) ?? []));

function layOver(documents: readonly Document[], labels: readonly LabelAssignment[]): readonly Document[] {
  if (labels.length === 0) return documents;
  const assigned = assignedLabels(labels);
  return documents.map((document) =>
    document.kind === 'Workload'
      ? { ...document, labels: layLabels(document.name, document.labels, assigned) }
      : document,
  );
}

/** Documents that are of no use where they were given, unless they are given in the other place, too. */
function notRead(given: readonly string[], other: readonly string[], option: 'estate' | 'policy'): Problem[] {
  const elsewhere = new Set(readInputs(other).map(({ file }) => file));
  const [wanted, unwanted] = option === 'estate' ? [policyKinds, estateKinds] : [estateKinds, policyKinds];
  // A folder that an import wrote holds both, and is read for what it was given for.
  const inputs = given.flatMap((path) => {
    const all = readInputs([path]).filter(({ file }) => !elsewhere.has(file));
    return parseDocuments(all, { kinds: wanted }).documents.length > 0 ? [] : all;
  });
  const needed = `--${option} is needed`;
  return unreadDocuments(inputs, unwanted, { so: 'they are given as something else', needed });
}

export type SoundWorld = { readonly estate: Estate; readonly policy: Policy; readonly documents: readonly Document[] };

/** Estate and policy of a command that answers from them; warnings are noted. Throws all problems where one is an error. */
export function requireWorld(call: Call, paths: Paths): SoundWorld {
  const world = loadWorld(paths, moment(call));
  if (world.built === null) throw new ProblemsFailure(world.problems);
  for (const problem of world.problems) call.terminal.note(formatProblem(problem));
  return { ...world.built, documents: world.documents };
}

export const chosenView = (call: Call): View => (optionText(call, 'as') === 'effective' ? 'effective' : 'intended');

export const givenPaths = (call: Call): Paths => ({
  estate: optionList(call, 'estate'),
  policy: optionList(call, 'policy'),
});

/** `--at` in milliseconds since the epoch; now when it is absent. */
export function moment(call: Call): number {
  const text = optionText(call, 'at');
  if (text === null) return Date.now();
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  // 30 February would be 2 March.
  const [year = 0, month = 0, day = 0] = text.slice(0, 10).split('-').map(Number);
  const isDay = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
  if (!Number.isNaN(time) && isDay) return time;
  throw badInput('bad-time', `Cannot read --at "${text}": it is no time, one like 2026-11-20T10:00:00Z is needed`);
}

/** Two readers of one place that say the same code say the same thing; the first one's words stay. */
export function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  const kept = new Map<string, Problem>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.code, problem.place ?? problem.message]);
    if (!kept.has(key)) kept.set(key, problem);
  }
  return [...kept.values()];
}
