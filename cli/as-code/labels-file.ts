import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { assignmentSlot } from '@bulkhead/model/assigned-labels.ts';
import { problemOf } from '@bulkhead/model/finding.ts';
import { labelNameNeeded, wrongLabelKey, wrongLabelValue } from '@bulkhead/model/label-text.ts';
import type { LabelAssignment } from '@bulkhead/model/policy-content.ts';
import { labelsFile } from '@bulkhead/model/policy-path.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { ProblemsFailure } from '../failure.ts';
import { statOf } from './safe-path.ts';

const head = `# Labels that people have assigned, laid over what workloads say of themselves.
# A line sets one label, "web-1 role=web", or takes one away, "web-1 !role".
`;

/** One assignment a line, in a fixed order, so that a change is a line in a difference. */
export function labelsText(labels: readonly LabelAssignment[]): string {
  const lines = labels.map(({ workload, key, value }) => {
    const name = /^[^\s"#!]+$/.test(workload) ? workload : JSON.stringify(workload);
    return value === null ? `${name} !${key}` : `${name} ${key}=${value}`;
  });
  return (
    head +
    lines
      .sort()
      .map((line) => `${line}\n`)
      .join('')
  );
}

export type ReadLabels = { readonly labels: readonly LabelAssignment[]; readonly problems: readonly Problem[] };

const linePattern = /^("(?:[^"\\]|\\.)*"|[^\s"#!]+)[ \t]+(?:!([^\s=]+)|([^\s=!]+)=(\S*))$/;

/** Of a policy directory; null: it says nothing of labels. */
export function readAssignments(directory: string): readonly LabelAssignment[] | null {
  const file = join(directory, labelsFile);
  if (statOf(file)?.isFile() !== true) return null;
  const { labels, problems } = readLabels(file, readFileSync(file, 'utf8'));
  if (hasErrors(problems)) throw new ProblemsFailure(problems);
  return labels;
}

/** `file`: where problems say they are. */
export function readLabels(file: string, text: string): ReadLabels {
  const found = new Map<string, LabelAssignment>();
  const problems: Problem[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const said = line.trim();
    if (said === '' || said.startsWith('#')) continue;
    const place = { file, line: index + 1, column: 1 };
    const assignment = readLine(said);
    const finding = assignment === null ? noAssignment(said) : wrongAssignment(said, assignment, found);
    if (finding !== null) problems.push(problemOf(finding, place));
    else if (assignment !== null) found.set(assignmentSlot(assignment), assignment);
  }
  return { labels: [...found.values()], problems };
}

function readLine(line: string): LabelAssignment | null {
  const [, name = '', taken, key = '', value = ''] = linePattern.exec(line) ?? [];
  const workload = name.startsWith('"') ? readQuoted(name) : name;
  if (workload === null || workload === '') return null;
  return taken === undefined ? { workload, key, value } : { workload, key: taken, value: null };
}

function readQuoted(text: string): string | null {
  try {
    return JSON.parse(text) as string;
  } catch {
    return null;
  }
}

const noAssignment = (value: string) => ({
  code: 'bad-assignment',
  cannot: 'read the label assignment',
  value,
  so: 'it is not in that form',
  needed: '"web-1 role=web" or "web-1 !role" is needed',
});

function wrongAssignment(value: string, assignment: LabelAssignment, found: ReadonlyMap<string, LabelAssignment>) {
  const wrong = wrongLabelKey(assignment.key) ?? wrongLabelValue(assignment.value ?? '');
  const cannot = 'assign the label';
  if (wrong !== null) return { code: 'bad-label', cannot, value, so: wrong, needed: labelNameNeeded };
  if (!found.has(assignmentSlot(assignment))) return null;
  const so = 'a line before says it of the same workload and key';
  return { code: 'duplicate-assignment', cannot, value, so, needed: 'one line each is needed' };
}
