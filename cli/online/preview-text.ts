import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { megabytes } from '@bulkhead/model/host-ruleset-size.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { whoText } from '@bulkhead/policy/deciding/who-text.ts';
import type { AddressRectangle, NameRectangle, Partly, Rectangle } from '@bulkhead/policy/diff.ts';
import { emptyText } from '@bulkhead/policy/exact/empty-end.ts';
import type { Probe, Who } from '@bulkhead/policy/probe.ts';
import type { LineResult } from '@bulkhead/policy/test.ts';
import type { Verdict } from '@bulkhead/policy/verify.ts';
import { plural } from '../print-problems.ts';

export type Change = {
  readonly cells: number;
  readonly exactCells?: string;
  readonly omitted?: number;
  readonly rectangles?: readonly Rectangle[];
  readonly addressRectangles?: readonly AddressRectangle[];
  readonly nameRectangles?: readonly NameRectangle[];
  readonly partly?: Partly;
};

type BothWays = { readonly opened?: Change; readonly closed?: Change };

export type ShownDifference = BothWays & {
  readonly people?: readonly (BothWays & { readonly who: Who })[];
  readonly unknownPeople?: number;
};

type Verdicts = { readonly effective: string; readonly intended: string };

/** An observed edge that would be judged otherwise. */
export type Touched = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly attempts: number;
  readonly was: Verdicts;
  readonly becomes: Verdicts;
};

/** What provisioning would change; `--json` prints the API's answer as it came. Without `diff` there are only problems. */
export type Preview = Effect & {
  /** Of the draft that was looked at. */
  readonly revision: number;
  readonly baseMoved: boolean;
};

/** What a policy would change, whether it is in a draft or not. Told without a controller there are no hosts and no edges. */
export type Effect = {
  readonly sound: boolean;
  readonly problems: readonly Problem[];
  readonly hosts?: readonly ShownHost[];
  readonly diff?: ShownDifference;
  readonly effective?: ShownDifference;
  readonly flows?: { readonly items: readonly Touched[]; readonly omitted: number };
  readonly tests?: readonly ShownTest[];
  readonly invariants?: readonly ShownProof[];
};

type ShownHost = {
  readonly workload: string;
  readonly narrows: boolean;
  /** Of its ruleset in the kernel, as predicted; null or absent: not known. */
  readonly size?: { readonly elements: number; readonly bytes: number } | null;
  /** What it must reach besides its controller; absent from a controller that is older than this. */
  readonly tries?: readonly string[];
  readonly problem: string | null;
};

export type ShownProof = Verdict;
export type ShownTest = Pick<LineResult, 'test' | 'line' | 'expected' | 'passed' | 'answer' | 'problem'>;

/** Rectangles and edges shown; the rest is a number. */
const shownMost = 20;
const shownServices = 12;

export function previewLines(preview: Preview): readonly string[] {
  const { problems, ...effect } = preview;
  return [
    ...problems.map(formatProblem),
    ...(preview.baseMoved
      ? ['another version was provisioned since this draft was made: provisioning it is refused']
      : []),
    ...effectLines(effect),
  ];
}

/** Without the problems. */
export function effectLines(effect: Omit<Effect, 'problems'>): readonly string[] {
  return [
    ...(effect.hosts === undefined ? [] : hostLines(effect.hosts)),
    ...(effect.diff === undefined ? [] : differenceLines(effect.diff)),
    ...(effect.effective === undefined ? [] : [effectiveLine(effect.effective)]),
    ...(effect.flows === undefined ? [] : touchedLines(effect.flows)),
    ...(effect.tests === undefined ? [] : [testLine(effect.tests)]),
    ...(effect.invariants === undefined || effect.invariants.length === 0 ? [] : proofLines(effect.invariants)),
  ];
}

function hostLines(hosts: NonNullable<Effect['hosts']>): readonly string[] {
  const narrowed = hosts.filter((host) => host.narrows).length;
  const refused = hosts.filter((host) => host.problem !== null).map((host) => `  ${host.workload}: ${host.problem}`);
  return [
    `${plural(hosts.length, 'host')} to change, on ${narrowed} of them live connections are judged again`,
    ...largestLine(hosts),
    ...refused,
    ...triedLines(hosts),
  ];
}

const mostTried = 10;

/** Hosts that depend on more than their controller: a dependency nobody reaches takes the change back there. */
function triedLines(hosts: NonNullable<Effect['hosts']>): string[] {
  const tried = hosts.flatMap(({ workload, tries = [] }) =>
    tries.length === 0 ? [] : [`  ${workload} tries out ${tries.join(', ')}`],
  );
  const more = tried.length - mostTried;
  return [...tried.slice(0, mostTried), ...(more > 0 ? [`  and ${plural(more, 'host')} more try out something`] : [])];
}

function largestLine(hosts: NonNullable<Effect['hosts']>): readonly string[] {
  const sized = hosts.flatMap(({ workload, size }) => (size ? [{ workload, ...size }] : []));
  const [largest] = sized.sort((a, b) => b.bytes - a.bytes);
  if (largest === undefined) return [];
  const { workload, elements, bytes } = largest;
  return [
    `  the largest ruleset: ${workload}, ${plural(elements, 'element')}, about ${megabytes(bytes)} in the kernel`,
  ];
}

export const effectiveLine = ({ opened, closed }: ShownDifference): string =>
  `as modes have it: opens ${changeText(opened)}, closes ${changeText(closed)}`;

/** `12 cells and 3 paths outside`: what no workload owns is in no cell. */
export function changeText(change: Change | undefined): string {
  const { cells = 0, exactCells, addressRectangles = [], nameRectangles = [], partly } = change ?? {};
  const outside = addressRectangles.length + nameRectangles.length;
  const inside = exactCells === undefined ? plural(cells, 'cell') : `${exactCells} cells`;
  const all = outside === 0 ? inside : `${inside} and ${plural(outside, 'path')} outside`;
  return partly === undefined ? all : `${all}, and some addresses of ${plural(partly.pairs, 'pair')} of ends`;
}

function touchedLines({ items, omitted }: NonNullable<Effect['flows']>): readonly string[] {
  const lines = items.map(({ from, to, service, attempts, was, becomes }) => {
    const effective =
      was.effective === becomes.effective ? becomes.effective : `${was.effective} becomes ${becomes.effective}`;
    const intended = was.intended === becomes.intended ? '' : `, intended ${was.intended} becomes ${becomes.intended}`;
    return `${from} -> ${to} ${service}  ${effective}${intended}  ${plural(attempts, 'attempt')}`;
  });
  return [`observed edges judged otherwise: ${items.length + omitted}`, ...firstOf(lines)];
}

function testLine(tests: NonNullable<Effect['tests']>): string {
  const passed = tests.filter((test) => test.passed).length;
  return `policy tests: ${passed} passed, ${tests.length - passed} failed`;
}

function proofLines(proofs: readonly ShownProof[]): readonly string[] {
  const broken = proofs.filter(({ holds }) => !holds);
  const lines = broken.map(({ invariant, counterexample: found }) =>
    found === null ? invariant : `${invariant}: ${found.from} -> ${found.to} ${found.service} would pass`,
  );
  const idle = proofs.flatMap(({ invariant, empty }) =>
    empty === undefined ? [] : [`${invariant} had nothing to prove: ${emptyText(empty)}`],
  );
  return [
    `invariants: ${proofs.length - broken.length} proved, ${broken.length} refuted`,
    ...firstOf(lines),
    ...firstOf(idle),
  ];
}

export const differenceLines = ({ people = [], unknownPeople = 0, ...all }: ShownDifference): readonly string[] => [
  ...bothWays(all),
  ...people.flatMap(({ who, ...theirs }) => [`for ${whoText(who)}:`, ...bothWays(theirs).map((line) => `  ${line}`)]),
  ...(unknownPeople > 0 ? [`not compared: ${unknownPeople} more combinations of processes and users`] : []),
];

const bothWays = ({ opened, closed }: BothWays): readonly string[] => [
  ...changeLines('opened', opened),
  ...changeLines('closed', closed),
];

function changeLines(name: string, change: Change | undefined): readonly string[] {
  if (change === undefined) return [];
  const inside = (change.rectangles ?? []).map((part) => `${pathText(part)}  ${plural(part.cells, 'cell')}`);
  const omitted =
    change.omitted === undefined ? [] : [`  and ${plural(change.omitted, 'rectangle')} that are not listed`];
  const outside = (change.addressRectangles ?? []).map(
    (part) => `${pathText(part)}  ${plural(part.workloads, 'workload')}, ${addressesText(part.addresses)}`,
  );
  const named = (change.nameRectangles ?? []).map(
    (part) => `${pathText(part)}  ${plural(part.workloads, 'workload')}, by name`,
  );
  return [
    `${name}: ${change.exactCells === undefined ? plural(change.cells, 'cell') : `${change.exactCells} cells`}`,
    ...firstOf(inside),
    ...firstOf(outside),
    ...firstOf(named),
    ...partlyLines(change.partly),
    ...omitted,
  ];
}

/** Cells say nothing of single addresses. */
const partlyLines = (partly: Partly | undefined): readonly string[] =>
  partly === undefined
    ? []
    : [`  and some addresses of ${plural(partly.pairs, 'pair')} of ends, such as ${probeText(partly.example)}`];

const probeText = ({ from, to, service }: Probe): string => `${from} -> ${to} ${service}`;

/** Beyond a million million nobody reads the digits, and they are those of prefixes. `count` is a decimal number. */
export function addressesText(count: string): string {
  if (count === '1') return '1 address';
  const bits = BigInt(count).toString(2).length;
  return bits <= 40 ? `${count} addresses` : `about 2^${Math.round(Math.log2(Number(count)))} addresses`;
}

const pathText = ({ from, to, services }: Pick<Rectangle, 'from' | 'to' | 'services'>): string =>
  `${from} -> ${to}  ${servicesText(services)}`;

/** Everything but a few ports is hundreds of texts; `--json` has them. */
export function servicesText(services: readonly string[]): string {
  const rest = services.length - shownServices;
  return rest <= 0 ? services.join(' ') : `${services.slice(0, shownServices).join(' ')} and ${rest} more`;
}

function firstOf(lines: readonly string[]): readonly string[] {
  const rest = lines.length - shownMost;
  return [...lines.slice(0, shownMost), ...(rest > 0 ? [`and ${rest} more`] : [])].map((line) => `  ${line}`);
}
