import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { countsTable, effectMarkdown } from '../markdown/effect.ts';
import { code, markdownTable, section } from '../markdown/text.ts';
import { changeText, type Effect, effectLines } from '../online/preview-text.ts';
import { plural } from '../print-problems.ts';
import { changedPaths, changesText } from './changes.ts';
import type { Plan } from './plan-file.ts';

/** `pulled`: the version that the directory came from; null where nothing says so. */
export function planText({ base, content, changes, effect }: Plan, pulled: number | null): readonly string[] {
  const stale = staleText(base.version, pulled);
  return [
    `plan  ${content.hash.slice(0, 12)} on ${baseText(base)}: ${changesText(changes)}`,
    ...changedPaths(changes).map(([how, path]) => `  ${how.padEnd(8)} ${path}`),
    ...(stale === null ? [] : [stale]),
    // What is an error is said where problems are said.
    ...effect.problems.filter(({ severity }) => severity === 'warning').map(formatProblem),
    ...effectLines(effect),
    ...brokenTests(effect),
    ...(effect.sound ? [] : ['the policy has errors: nothing is planned']),
  ];
}

/** Tests that are listed; the rest is a number. */
const mostTests = 20;

function brokenTests({ tests = [] }: Effect): readonly string[] {
  const failed = tests.filter(({ passed }) => !passed);
  const lines = failed.map(
    ({ test, line, expected, answer }) =>
      `  ${test}: ${line}  expected ${expected}, is ${answer?.verdict ?? 'unknown'}`,
  );
  const rest = lines.length - mostTests;
  return [...lines.slice(0, mostTests), ...(rest > 0 ? [`  and ${rest} more`] : [])];
}

export const baseText = ({ version, hash }: Plan['base']): string =>
  `${version === null ? 'files' : `version ${version}`} (${hash.slice(0, 12)})`;

/** Whoever plans an old directory would undo what was done since: that may be meant, and is shown as a change. */
const staleText = (version: number | null, pulled: number | null): string | null =>
  version === null || pulled === null || pulled === version
    ? null
    : `the directory came from version ${pulled}, version ${version} is in force: what differs is planned to be as it is here`;

export function planMarkdown({ base, content, changes, effect }: Plan, pulled: number | null): readonly string[] {
  const stale = staleText(base.version, pulled);
  const files = changedPaths(changes).map(([how, path]) => [how, code(path)]);
  return [
    `### Policy plan: ${headline(effect)}`,
    '',
    ...(effect.diff === undefined ? [] : [...countsTable(effect.diff, effect.effective), '']),
    `${changesText(changes)}; plan ${code(content.hash.slice(0, 12))} on ${baseMarkdown(base)}${hostsText(effect)}`,
    ...(stale === null ? [] : ['', stale]),
    ...effectMarkdown(effect),
    ...section('Files', markdownTable(['', 'path'], files)),
  ];
}

const baseMarkdown = ({ version, hash }: Plan['base']): string =>
  `${version === null ? 'files' : `version ${version}`} ${code(hash.slice(0, 12))}`;

const hostsText = ({ hosts }: Effect): string =>
  hosts === undefined ? '' : `; ${plural(hosts.length, 'host')} to change`;

function headline({ sound, diff, tests = [], invariants = [] }: Effect): string {
  if (!sound || diff === undefined) return 'the policy has errors';
  const failed = tests.filter(({ passed }) => !passed).length;
  const refuted = invariants.filter(({ holds }) => !holds).length;
  const wrong = [
    ...(refuted > 0 ? [`${plural(refuted, 'invariant')} refuted`] : []),
    ...(failed > 0 ? [`${plural(failed, 'test')} failed`] : []),
  ];
  const counts = `opens ${changeText(diff.opened)}, closes ${changeText(diff.closed)}`;
  return wrong.length === 0 ? counts : `${wrong.join(', ')}; ${counts}`;
}
