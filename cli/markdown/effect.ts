import type { Problem } from '@bulkhead/model/problem.ts';
import { whoText } from '@bulkhead/policy/deciding/who-text.ts';
import { emptyText } from '@bulkhead/policy/exact/empty-end.ts';
import type { Probe } from '@bulkhead/policy/probe.ts';
import {
  addressesText,
  type Change,
  changeText,
  type Effect,
  type ShownDifference,
  type ShownProof,
  type ShownTest,
  servicesText,
  type Touched,
} from '../online/preview-text.ts';
import { plural } from '../print-problems.ts';
import { code, markdownTable, section, words } from './text.ts';

/** What would change, what would not hold and what is wrong: the one form of all reports for a merge request. */
export function effectMarkdown(effect: Effect): readonly string[] {
  const { diff, flows, hosts = [], tests = [], invariants = [], problems } = effect;
  return [
    ...proofsMarkdown(invariants.map((proof) => ({ ...proof, shown: exampleText(proof) }))),
    ...testsMarkdown(tests),
    ...(diff === undefined ? [] : differenceMarkdown(diff)),
    ...(flows === undefined ? [] : section('Observed edges judged otherwise', touchedTable(flows))),
    ...section('Hosts that cannot be compiled', hostsTable(hosts)),
    ...problemsMarkdown(problems),
  ];
}

export const probeText = ({ from, to, service, ...who }: Probe): string => {
  const as = whoText(who);
  return `${from} -> ${to} ${service}${as === '' ? '' : ` ${as}`}`;
};

const exampleText = ({ counterexample }: ShownProof): string =>
  counterexample === null ? '' : probeText(counterexample);

export function countsTable(intended: ShownDifference, effective: ShownDifference | undefined): readonly string[] {
  const row = (name: string, { opened, closed }: ShownDifference) => [name, changeText(opened), changeText(closed)];
  const rows = [row('as intended', intended), ...(effective === undefined ? [] : [row('as modes have it', effective)])];
  return markdownTable(['', 'opens:', 'closes:'], rows);
}

export function differenceMarkdown({ people = [], unknownPeople = 0, ...all }: ShownDifference): readonly string[] {
  const unknown = `${unknownPeople} more combinations of processes and users`;
  return [
    ...section('Opened', changeTables(all.opened)),
    ...section('Closed', changeTables(all.closed)),
    ...people.flatMap(({ who, opened, closed }) => [
      ...section(`Opened for ${code(whoText(who))}`, changeTables(opened)),
      ...section(`Closed for ${code(whoText(who))}`, changeTables(closed)),
    ]),
    ...(unknownPeople > 0 ? section('Not compared', [unknown]) : []),
  ];
}

function changeTables(change: Change | undefined): readonly string[] {
  const { rectangles = [], addressRectangles = [], nameRectangles = [], omitted = 0, partly } = change ?? {};
  const path = (part: { from: string; to: string; services: readonly string[] }) => [
    code(part.from),
    code(part.to),
    code(servicesText(part.services)),
  ];
  const inside = rectangles.map((part) => [...path(part), plural(part.cells, 'cell'), code(probeText(part.example))]);
  const outside = addressRectangles.map((part) => [
    ...path(part),
    `${plural(part.workloads, 'workload')}, ${addressesText(part.addresses)}`,
    code(probeText(part.example)),
  ]);
  const named = nameRectangles.map((part) => [
    ...path(part),
    `${plural(part.workloads, 'workload')}, by name`,
    code(probeText(part.example)),
  ]);
  const single =
    partly === undefined
      ? []
      : [
          '',
          `and some addresses of ${plural(partly.pairs, 'pair')} of ends, such as ${code(probeText(partly.example))}`,
        ];
  const rows = [...inside, ...outside, ...named];
  return [...markdownTable(['from', 'to', 'services', 'how much', 'example'], rows, { omitted }), ...single];
}

type Proof = Pick<ShownProof, 'invariant' | 'holds' | 'empty'> & { readonly shown: string };

/** `shown`: the connection that refutes it, in words. */
export function proofsMarkdown(proofs: readonly Proof[]): readonly string[] {
  const rows = proofs.filter(({ holds }) => !holds).map(({ invariant, shown }) => [code(invariant), code(shown)]);
  const idle = proofs.flatMap(({ invariant, empty }) =>
    empty === undefined ? [] : [[code(invariant), words(emptyText(empty))]],
  );
  return [
    ...section('Refuted invariants', markdownTable(['invariant', 'a connection that would pass'], rows)),
    ...section('Invariants with nothing to prove', markdownTable(['invariant', 'why'], idle)),
  ];
}

export function testsMarkdown(tests: readonly ShownTest[]): readonly string[] {
  const rows = tests
    .filter(({ passed }) => !passed)
    .map(({ test, line, expected, answer, problem }) => [
      code(test),
      code(line),
      expected,
      answer?.verdict ?? words(problem?.message ?? 'it cannot be asked'),
    ]);
  return section('Failing tests', markdownTable(['test', 'connection', 'expected', 'is'], rows));
}

function touchedTable({ items, omitted }: NonNullable<Effect['flows']>): readonly string[] {
  const becomes = ({ was, becomes }: Touched, view: 'effective' | 'intended') =>
    was[view] === becomes[view] ? becomes[view] : `${was[view]} becomes ${becomes[view]}`;
  const rows = items.map((edge) => [
    code(`${edge.from} -> ${edge.to} ${edge.service}`),
    words(becomes(edge, 'effective')),
    words(becomes(edge, 'intended')),
    String(edge.attempts),
  ]);
  return markdownTable(['edge', 'effective', 'intended', 'attempts:'], rows, { omitted });
}

function hostsTable(hosts: NonNullable<Effect['hosts']>): readonly string[] {
  const rows = hosts.flatMap(({ workload, problem }) => (problem === null ? [] : [[code(workload), words(problem)]]));
  return markdownTable(['host', 'problem'], rows);
}

/** Rules and invariants that join nothing are told here as well: their warnings name the end that is empty. */
export function problemsMarkdown(problems: readonly Problem[]): readonly string[] {
  const order = (problem: Problem) => (problem.severity === 'error' ? 0 : 1);
  const rows = [...problems]
    .sort((a, b) => order(a) - order(b))
    .map(({ severity, code: name, message, place }) => [
      place === null ? '' : code(`${place.file}:${place.line}`),
      severity,
      code(name),
      words(message),
    ]);
  return section('Problems', markdownTable(['place', 'severity', 'code', 'message'], rows));
}
