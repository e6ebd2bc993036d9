import type { Document } from '@bulkhead/model/documents.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { type DocumentKind, type InputFile, parseDocuments } from '@bulkhead/model/parse.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { buildEstate, type Estate } from '@bulkhead/policy/estate.ts';
import { buildPolicy, type Policy } from '@bulkhead/policy/policy.ts';
import { type Call, type OptionText, optionList, optionText } from '../command.ts';
import { badInput, ProblemsFailure } from '../failure.ts';
import { readInputs } from './read-inputs.ts';

export const estateOption: OptionText = {
  flags: '--estate <paths...>',
  about: 'files or directories with the workloads',
  required: true,
};
export const policyOption: OptionText = {
  flags: '--policy <paths...>',
  about: 'files or directories with the policy',
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

const estateKinds: readonly DocumentKind[] = ['Workload'];
const policyKinds: readonly DocumentKind[] = [
  'Ruleset',
  'Service',
  'IpList',
  'LabelKey',
  'Mode',
  'Tiers',
  'Test',
  'Lifeline',
];

export type Loaded<T> = T & { readonly problems: readonly Problem[] };
export type LoadedEstate = Loaded<{ readonly estate: Estate; readonly documents: readonly Document[] }>;
export type LoadedPolicy = Loaded<{ readonly policy: Policy | null; readonly documents: readonly Document[] }>;

/** One directory may hold both: each loader takes its own kinds. */
export function loadEstate(paths: readonly string[]): LoadedEstate {
  const { documents, problems } = parse(readInputs(paths), estateKinds);
  const built = buildEstate(documents);
  return { estate: built.estate, documents, problems: [...problems, ...built.problems] };
}

export function loadPolicy(paths: readonly string[], estate: Estate, now: number): LoadedPolicy {
  const { documents, problems } = parse(readInputs(paths), policyKinds);
  const built = buildPolicy(documents, estate, now);
  return { policy: built.policy, documents, problems: [...problems, ...built.problems] };
}

/** Estate and policy of a command that answers from them: with an error in either there is no answer. */
export function loadBoth(call: Call): {
  readonly estate: Estate;
  readonly policy: Policy;
  readonly documents: readonly Document[];
} {
  const estate = loadEstate(optionList(call, 'estate'));
  const policy = loadPolicy(optionList(call, 'policy'), estate.estate, moment(call));
  const sound = requireSound(call, policy.policy, [...estate.problems, ...policy.problems]);
  return { estate: estate.estate, policy: sound, documents: [...estate.documents, ...policy.documents] };
}

/** The policy where nothing is an error; warnings are noted. Throws all problems otherwise. */
export function requireSound(call: Call, policy: Policy | null, problems: readonly Problem[]): Policy {
  const all = withoutRepeats(problems);
  if (policy === null || hasErrors(all)) throw new ProblemsFailure(all);
  for (const problem of all) call.terminal.note(formatProblem(problem));
  return policy;
}

/** `--at` in milliseconds since the epoch; now when it is absent. */
export function moment(call: Call): number {
  const text = optionText(call, 'at');
  if (text === null) return Date.now();
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw badInput('bad-time', `Cannot read --at "${text}": it is no time, one like 2026-11-20T10:00:00Z is needed`);
}

function parse(files: readonly InputFile[], kinds: readonly DocumentKind[]) {
  return parseDocuments(files, { kinds });
}

/** A file that serves as estate and as policy is read twice, and says twice what is wrong with it. */
export function withoutRepeats(problems: readonly Problem[]): readonly Problem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()];
}
