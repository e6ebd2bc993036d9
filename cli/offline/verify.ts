import type { View } from '@bulkhead/model/decision.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { hasErrors } from '@bulkhead/model/problem.ts';
import { whoText } from '@bulkhead/policy/deciding/who-text.ts';
import { emptyText } from '@bulkhead/policy/exact/empty-end.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import type { Probe, Who } from '@bulkhead/policy/probe.ts';
import { type Verdict, verify, whyNotProvable } from '@bulkhead/policy/verify.ts';
import { type AnyVerdict, type PossibleEnd, verifyAnyEstate } from '@bulkhead/policy/verify-any.ts';
import { markdownOption, wantsMarkdown } from '../as-code/report.ts';
import { type Call, type CommandText, optionList, optionSet } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { ProblemsFailure } from '../failure.ts';
import { verifyReport } from '../markdown/reports.ts';
import {
  atOption,
  chosenView,
  estateOption,
  givenPaths,
  moment,
  policyOption,
  requireWorld,
  viewOption,
} from './load.ts';
import { readInputs } from './read-inputs.ts';

export const verifyCommand: CommandText = {
  usage: 'verify',
  about: 'prove or refute the invariants, each refutation with a connection that breaks it',
  options: [
    estateOption,
    policyOption,
    { flags: '--invariants <path>', about: 'file or directory with more invariants; may be repeated', repeat: true },
    { flags: '--any-estate', about: 'for every estate that the label keys allow, not for this one alone' },
    markdownOption,
    viewOption,
    atOption,
  ],
  run: verifyInvariants,
};

type Line = {
  readonly invariant: string;
  readonly holds: boolean;
  readonly counterexample: unknown;
  readonly text: string;
  readonly empty?: 'from' | 'to';
  /** The counterexample; empty where there is none. */
  readonly shown: string;
};

/** One JSON object per invariant, and 1 when one is refuted. */
async function verifyInvariants(call: Call): Promise<ExitCode> {
  const { estate, policy, documents: loaded } = requireWorld(call, givenPaths(call));
  const documents = [...loaded, ...moreInvariants(call)];
  const view = chosenView(call);
  const lines = optionSet(call, 'anyEstate')
    ? everywhere(call, documents, view)
    : here({ estate, policy }, documents, view);
  if (wantsMarkdown(call)) call.terminal.say(verifyReport(lines).join('\n'));
  else for (const { text, shown: _, ...line } of lines) call.terminal.say(call.json ? JSON.stringify(line) : text);
  if (lines.length === 0 && !call.json && !wantsMarkdown(call)) call.terminal.say('no invariants in these files');
  return lines.every(({ holds }) => holds) ? exitCodes.ok : exitCodes.no;
}

function moreInvariants(call: Call): readonly Document[] {
  const { documents, problems } = parseDocuments(readInputs(optionList(call, 'invariants')), { kinds: ['Invariant'] });
  if (hasErrors(problems)) throw new ProblemsFailure(problems);
  return documents;
}

function here(world: Parameters<typeof verify>[0], documents: readonly Document[], view: View): readonly Line[] {
  const invariants = documents.filter((document) => document.kind === 'Invariant');
  const { policy: rules, problems } = readInvariants(documents, invariants, world.estate);
  if (rules === null) throw new ProblemsFailure(problems);
  const why = whyNotProvable(world.policy);
  if (why !== null) throw new ProblemsFailure([why]);
  return verify(world, { documents: invariants, rules }, view).map((verdict) =>
    lineOf(verdict, probeText(verdict.counterexample)),
  );
}

function everywhere(call: Call, documents: readonly Document[], view: View): readonly Line[] {
  const invariants = documents.filter((document) => document.kind === 'Invariant');
  const { verdicts, problems } = verifyAnyEstate(documents, { invariants, view, now: moment(call) });
  if (hasErrors(problems)) throw new ProblemsFailure(problems);
  for (const problem of problems) call.terminal.note(formatProblem(problem));
  return verdicts.map((verdict) => lineOf(verdict, possibleText(verdict.counterexample)));
}

const lineOf = (verdict: Omit<Line, 'text' | 'shown'>, shown: string): Line => ({
  ...verdict,
  text: verdictText(verdict, shown),
  shown,
});

function verdictText(
  { invariant, holds, empty }: Pick<Verdict, 'invariant' | 'holds' | 'empty'>,
  example: string,
): string {
  if (!holds) return `refuted  ${invariant}: ${example} passes`;
  return `holds    ${invariant}${empty === undefined ? '' : `, with nothing to prove: ${emptyText(empty)}`}`;
}

const probeText = (probe: Probe | null): string =>
  probe === null ? '' : `${probe.from} -> ${probe.to} ${probe.service}${asWhom(probe)}`;

const asWhom = (who: Who): string => (whoText(who) === '' ? '' : ` ${whoText(who)}`);

const possibleText = (found: AnyVerdict['counterexample']): string =>
  found === null
    ? ''
    : `${possibleEndText(found.from)} -> ${possibleEndText(found.to)} ${found.service}${asWhom(found)}`;

/** `a workload with env=dev,role=web at 10.0.0.1`. */
function possibleEndText({ labels, address, domain }: PossibleEnd): string {
  if (domain !== undefined) return domain;
  if (labels === null) return `${address}, which nobody owns,`;
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const said = pairs.length === 0 ? 'a workload without labels' : `a workload with ${pairs.sort().join(',')}`;
  return address === null ? said : `${said} at ${address}`;
}
