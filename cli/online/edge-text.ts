import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import type { Edge, EdgeEnd, SeenRule } from '@bulkhead/flows/edge.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { table } from '../table.ts';
import type { Colors } from '../terminal.ts';

/** Shown first and in this order; other keys follow by name. */
const usualKeys = ['role', 'app', 'env', 'loc'];

/** `web-1 [web shop prod]`, values of the usual keys bare and others as `key=value`; an address nobody owns is bare. */
export function endText(end: EdgeEnd): string {
  if (end.kind === 'address') {
    const address = end.network === defaultNetwork ? end.address : `${end.network}/${end.address}`;
    return end.claimedBy.length === 0 ? address : `${address} (claimed by ${end.claimedBy.join(' and ')})`;
  }
  const usual = usualKeys.flatMap((key) => end.labels[key] ?? []);
  const others = Object.keys(end.labels)
    .filter((key) => !usualKeys.includes(key))
    .sort();
  const values = [...usual, ...others.map((key) => `${key}=${end.labels[key]}`)];
  return values.length === 0 ? end.name : `${end.name} [${values.join(' ')}]`;
}

export function paintState(colors: Colors, state: DecisionState): string {
  const paint = {
    allowed: colors.green,
    denied: colors.red,
    'would-be-denied': colors.yellow,
    mixed: colors.magenta,
    unknown: colors.dim,
  }[state];
  return (paint ?? colors.dim)(state);
}

/** The rule behind the strictest judgement seen; `no rule` when nothing matched, `-` when nobody judged. */
export function decidingRule(rules: readonly SeenRule[]): string {
  const denied = rules.find((rule) => rule.effective === 'deny');
  if (denied !== undefined) return denied.effectiveRule ?? 'no rule';
  const intended = rules.find((rule) => rule.intended === 'deny');
  if (intended !== undefined) return intended.intendedRule ?? 'no rule';
  const allowed = rules.find((rule) => rule.effectiveRule !== null);
  return allowed?.effectiveRule ?? (rules.length === 0 ? '-' : 'no rule');
}

export const edgeHeader = [
  'FROM',
  'TO',
  'SERVICE',
  'DECISION',
  'ATTEMPTS',
  'DENIED',
  'RULE',
  'SERVER',
  'LAST',
] as const;

/** One row under `edgeHeader`. `now`: milliseconds since the epoch. */
export function edgeRow(edge: Edge, colors: Colors, now: number): readonly string[] {
  return [
    endText(edge.from),
    endText(edge.to),
    edge.serviceText,
    paintState(colors, edge.latest),
    String(edge.attempts),
    String(edge.denied),
    decidingRule(edge.rules),
    edge.server?.unit ?? edge.server?.process ?? 'unknown',
    ageText(now - edge.last),
  ];
}

export function edgeTable(edges: readonly Edge[], colors: Colors, now: number): string {
  if (edges.length === 0) return 'no edges';
  return table(
    edgeHeader,
    edges.map((edge) => edgeRow(edge, colors, now)),
  );
}

/** One line per change of an edge, for a log or a pipe. */
export function edgeLine(edge: Edge, colors: Colors): string {
  const at = new Date(edge.last).toISOString().slice(11, 19);
  const counts = `${edge.attempts} attempts${edge.denied > 0 ? `, ${edge.denied} denied` : ''}`;
  const rule = decidingRule(edge.rules);
  return `${at}  ${paintState(colors, edge.latest)}  ${endText(edge.from)} -> ${endText(edge.to)} ${edge.serviceText}  ${counts}  ${rule}`;
}

/** `3 s`, `5 min`, `2 h`, `4 d`: one number is enough to know whether something is fresh. */
export function ageText(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}
