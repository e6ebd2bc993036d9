import type { Document, ModeDocument } from './documents.ts';
import { problemOf } from './finding.ts';
import { formatPlace } from './format-problem.ts';
import type { Problem } from './problem.ts';
import { canonicalSelector } from './selector.ts';
import type { Direction } from './words.ts';

/** Two Mode documents that select the same workloads must agree: nothing would say which of them holds. */
export function checkModes(documents: readonly Document[]): Problem[] {
  const modes = documents.filter((document) => document.kind === 'Mode');
  return [...checkDirection(modes, 'inbound'), ...checkDirection(modes, 'outbound')];
}

function checkDirection(modes: readonly ModeDocument[], direction: Direction): Problem[] {
  const first = new Map<string, ModeDocument>();
  const problems: Problem[] = [];
  for (const mode of modes) {
    if (mode[direction] === null) continue;
    const key = canonicalSelector(mode.selector);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, mode);
    else if (earlier[direction] !== mode[direction]) problems.push(conflict(mode, earlier, direction));
  }
  return problems;
}

function conflict(mode: ModeDocument, earlier: ModeDocument, direction: Direction): Problem {
  const finding = {
    code: 'mode-conflict',
    cannot: `set ${direction} to ${mode[direction]} for`,
    value: mode.selector.text,
    so: `${formatPlace(earlier.place)} sets ${earlier[direction]} for the same workloads`,
    needed: 'one of them is needed',
    hint: 'a selector with more conditions comes before one with fewer',
  };
  return problemOf(finding, mode.place);
}
