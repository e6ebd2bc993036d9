import type { FlowAccess } from './privileged.ts';
import type { Problems } from './problems.ts';

const mostNamed = 5;

/**
 * Looks who else uses our bits of the conntrack mark: who writes them makes denied flows pass or allowed ones be judged
 * all the time, and nothing else would show it. Marks that we never gave out give away who no rule shows.
 */
export async function watchMarks(flows: Pick<FlowAccess, 'marks' | 'connections'>, problems: Problems): Promise<void> {
  const marks = await flows.marks();
  if (marks.kind === 'failed') {
    problems.set('marks', `Who else uses our bits of the conntrack mark is not known: ${marks.message}`);
    return;
  }
  const { clashes, isStrange } = marks.value;
  problems.clear('marks');
  if (clashes.length === 0) problems.clear('mark-clash');
  else problems.set('mark-clash', `Our bits of the conntrack mark are used by others: ${named(clashes)}; ${advice}`);
  let strange = 0;
  const read = await flows.connections.flows(({ mark }) => {
    if (isStrange(mark)) strange++;
  });
  if (read.kind === 'failed') return;
  if (strange === 0) problems.clear('mark-strange');
  else problems.set('mark-strange', `${strange} flows carry a mark in our bits that we never gave out; ${advice}`);
}

const advice = 'the other must leave them alone, or --mark-mask gives us others';

const named = (clashes: readonly string[]): string =>
  clashes.slice(0, mostNamed).join('; ') +
  (clashes.length > mostNamed ? ` and ${clashes.length - mostNamed} more` : '');
