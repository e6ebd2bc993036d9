import { assignmentSlot } from '@bulkhead/model/assigned-labels.ts';
import type { PolicyContent } from '@bulkhead/model/policy-content.ts';
import { plural } from '../print-problems.ts';
import type { Changes } from './plan-file.ts';

/** By path and by label, whatever that means for verdicts. */
export function changesBetween(before: PolicyContent, after: PolicyContent): Changes {
  const [was, is] = [textByPath(before), textByPath(after)];
  const paths = [...is.keys()].sort();
  return {
    added: paths.filter((path) => !was.has(path)),
    changed: paths.filter((path) => was.has(path) && was.get(path) !== is.get(path)),
    removed: [...was.keys()].filter((path) => !is.has(path)).sort(),
    labels: changedLabels(before, after),
  };
}

function changedLabels(before: PolicyContent, after: PolicyContent): number {
  const [was, is] = [valueBySlot(before), valueBySlot(after)];
  return [...new Set([...was.keys(), ...is.keys()])].filter((slot) => was.get(slot) !== is.get(slot)).length;
}

const textByPath = ({ files }: PolicyContent) => new Map(files.map(({ path, text }) => [path, text]));
const valueBySlot = ({ labels }: PolicyContent) => new Map(labels.map((label) => [assignmentSlot(label), label.value]));

export const changedPaths = ({
  added,
  changed,
  removed,
}: Changes): readonly (readonly [how: string, path: string])[] => [
  ...added.map((path) => ['added', path] as const),
  ...changed.map((path) => ['changed', path] as const),
  ...removed.map((path) => ['removed', path] as const),
];

export const changesText = (changes: Changes): string =>
  `${plural(changedPaths(changes).length, 'file')} and ${plural(changes.labels, 'label assignment')} changed`;
