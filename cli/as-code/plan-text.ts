import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { countsTable, effectMarkdown, problemsMarkdown } from '../markdown/effect.ts';
import { code, markdownTable, section } from '../markdown/text.ts';
import { changeText, type Effect, effectLines } from '../online/preview-text.ts';
import { oneLine } from '../plain-text.ts';
import { plural } from '../print-problems.ts';
import { changedPaths, changesText } from './changes.ts';
import { countsText, type Part } from './parts.ts';
import type { Plan } from './plan-file.ts';
import type { SincePull } from './since-pull.ts';

/** With errors there is nothing but them: whatever else was worked out, was so without what is broken. */
export function planText({ base, content, changes, parts, effect }: Plan, since: SincePull | null): readonly string[] {
  // What is an error is said where problems are said.
  const warnings = effect.problems.filter(({ severity }) => severity === 'warning').map(formatProblem);
  const head = `plan  ${content.hash.slice(0, 12)} on ${baseText(base)}: ${changesText(changes)}`;
  if (!effect.sound) return [head, ...warnings, 'the policy has errors: nothing is planned'];
  return [
    head,
    ...changedPaths(changes).map(([how, path]) => `  ${how.padEnd(8)} ${path}`),
    gatesText(effect),
    ...partLines('removed', parts.removed),
    ...partLines('changed', parts.changed),
    ...(since === null ? [] : [sinceText(since), ...sinceLines(since)]),
    ...warnings,
    ...effectLines(effect),
    ...brokenTests(effect),
  ];
}

/** Lines and rows of a kind; the rest is a number. */
const mostListed = 20;

function firstOf(lines: readonly string[]): readonly string[] {
  const rest = lines.length - mostListed;
  return [...lines.slice(0, mostListed), ...(rest > 0 ? [`and ${rest} more`] : [])].map((line) => `  ${line}`);
}

function brokenTests({ tests = [] }: Effect): readonly string[] {
  const failed = tests.filter(({ passed }) => !passed);
  return firstOf(
    failed.map(
      ({ test, line, expected, answer }) =>
        `${test}: ${line}  expected ${expected}, is ${answer?.verdict ?? 'unknown'}`,
    ),
  );
}

/** Also when there are none: a policy that asks nothing of itself holds always. */
export function gatesText({ tests = [], invariants = [] }: Effect): string {
  const passed = tests.filter((one) => one.passed).length;
  const proved = invariants.filter(({ holds }) => holds).length;
  return [
    `${plural(passed, 'test')} passed, ${tests.length - passed} failed`,
    `${plural(proved, 'invariant')} proved, ${invariants.length - proved} refuted`,
  ].join('; ');
}

export const partLines = (how: string, parts: readonly Part[]): readonly string[] =>
  parts.length === 0
    ? []
    : [`${how}: ${countsText(parts)}`, ...firstOf(parts.map(({ kind, name }) => oneLine(`${kind} ${name}`)))];

export const baseText = ({ version, hash }: Plan['base']): string =>
  `${version === null ? 'files' : `version ${version}`} (${hash.slice(0, 12)})`;

const sinceText = ({ version, files }: SincePull): string =>
  `in force and not from this directory since version ${version} was pulled: ${plural(files.length, 'file')}, planned to be as here`;

const sinceLines = ({ files }: SincePull): readonly string[] =>
  firstOf(files.map(([how, path]) => oneLine(`${how.padEnd(8)} ${path}`)));

export function planMarkdown(plan: Plan, since: SincePull | null): readonly string[] {
  const { base, content, changes, parts, effect } = plan;
  if (!effect.sound) return ['### Policy plan: the policy has errors', ...problemsMarkdown(effect.problems)];
  const files = changedPaths(changes).map(([how, path]) => [how, code(path)]);
  const lost = (['removed', 'changed'] as const).filter((how) => parts[how].length > 0);
  return [
    `### Policy plan: ${headline(effect)}`,
    '',
    [gatesText(effect), ...lost.map((how) => `${how}: ${countsText(parts[how])}`)].join('; '),
    '',
    ...(effect.diff === undefined ? [] : [...countsTable(effect.diff, effect.effective), '']),
    `${changesText(changes)}; plan ${code(content.hash.slice(0, 12))} on ${baseMarkdown(base)}${hostsText(effect)}`,
    ...(since === null ? [] : ['', sinceText(since), ...pathTable(since.files)]),
    ...lost.flatMap((how) => section(how === 'removed' ? 'Removed' : 'Changed', partTable(parts[how]))),
    ...effectMarkdown(effect),
    ...section('Files', markdownTable(['', 'path'], files)),
  ];
}

const partTable = (parts: readonly Part[]): readonly string[] =>
  markdownTable(
    ['', 'name'],
    parts.map(({ kind, name }) => [kind, code(name)]),
  );

const pathTable = (files: SincePull['files']): readonly string[] => [
  '',
  ...markdownTable(
    ['', 'path'],
    files.map(([how, path]) => [how, code(path)]),
  ),
];

const baseMarkdown = ({ version, hash }: Plan['base']): string =>
  `${version === null ? 'files' : `version ${version}`} ${code(hash.slice(0, 12))}`;

const hostsText = ({ hosts }: Effect): string =>
  hosts === undefined ? '' : `; ${plural(hosts.length, 'host')} to change`;

function headline({ diff, tests = [], invariants = [] }: Effect): string {
  const failed = tests.filter(({ passed }) => !passed).length;
  const refuted = invariants.filter(({ holds }) => !holds).length;
  const counts = diff === undefined ? [] : [`opens ${changeText(diff.opened)}, closes ${changeText(diff.closed)}`];
  const wrong = [
    ...(refuted > 0 ? [`${plural(refuted, 'invariant')} refuted`] : []),
    ...(failed > 0 ? [`${plural(failed, 'test')} failed`] : []),
  ];
  return [...(wrong.length === 0 ? [] : [wrong.join(', ')]), ...counts].join('; ');
}
