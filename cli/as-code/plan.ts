import type { PolicyContent } from '@bulkhead/model/policy-content.ts';
import { hasErrors } from '@bulkhead/model/problem.ts';
import { type Difference, isNoDifference } from '@bulkhead/policy/diff.ts';
import { argument, type Call, type CommandText, optionList, optionSet, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput, ProblemsFailure } from '../failure.ts';
import { atOption, moment } from '../offline/load.ts';
import { openApi } from '../online/api.ts';
import { onlineOptions } from '../online/options.ts';
import type { Effect } from '../online/preview-text.ts';
import { changesBetween } from './changes.ts';
import { contentHash, type PolicyDirectory, readPolicyDirectory } from './directory.ts';
import { noteIsolations } from './isolations-note.ts';
import { offlineEffect } from './offline-effect.ts';
import { partsBetween } from './parts.ts';
import { type Plan, planFormat, removePlan, writePlan } from './plan-file.ts';
import { planMarkdown, planText } from './plan-text.ts';
import { currentContent } from './pull.ts';
import { markdownOption, sayReport } from './report.ts';
import { changedSincePull, type SincePull } from './since-pull.ts';

export const planCommand: CommandText = {
  usage: 'plan <directory>',
  about: 'what a directory would change, against the controller or against another directory',
  options: [
    ...onlineOptions,
    { flags: '--out <plan>', about: 'write the plan to a file, for bulkhead policy apply' },
    {
      flags: '--base <directory>',
      about: 'against the policy of this directory, without a controller; workloads without a Mode count as enforced',
    },
    {
      flags: '--estate <path>',
      about: 'with --base: file or directory with the workloads; may be repeated',
      repeat: true,
    },
    { flags: '--expect-none', about: 'end with 1 when any verdict changes, in either view' },
    { flags: '--expect-same', about: 'end with 1 when any file or label assignment is another one' },
    markdownOption,
    atOption,
  ],
  run: planDirectory,
};

async function planDirectory(call: Call): Promise<ExitCode> {
  const out = optionText(call, 'out');
  if (out !== null) removePlan(out);
  const directory = readPolicyDirectory(argument(call, 0));
  const base = optionText(call, 'base');
  const { plan, since } = base === null ? await planOnline(call, directory) : planOffline(call, directory, base);
  // Before anything is shown of it: a pipeline that goes on after this has the plan or no exit code of success.
  if (out !== null && plan.effect.sound) writePlan(out, plan);
  sayReport(call, {
    json: () => ({ ...jsonOf(plan), sincePull: since }),
    markdown: () => planMarkdown(plan, since),
    text: () => planText(plan, since),
  });
  return exitOf(call, plan);
}

type Planned = { readonly plan: Plan; readonly since: SincePull | null };

/** Without the text of the files, which are in the plan. */
function jsonOf({ content, ...plan }: Plan): object {
  const files = content.files.map(({ path }) => path);
  return { ...plan, content: { hash: content.hash, files, labels: content.labels.length } };
}

async function planOnline(call: Call, directory: PolicyDirectory): Promise<Planned> {
  if (optionList(call, 'estate').length > 0) {
    throw badInput(
      'estate-without-base',
      'Cannot use --estate: the controller knows the estate, --base is needed with it',
    );
  }
  const api = openApi(call);
  const current = await currentContent(api);
  const { files, labels } = directory;
  const body = { files, ...(labels !== null && { labels }) };
  const { base, baseHash, hash: _, ...effect } = (await api.post('/preview', body)) as Effect & Previewed;
  await noteIsolations(call, api);
  if (base !== current.number) {
    const message = `Cannot plan: version ${base} came into force while version ${current.number} was read, another try is needed`;
    throw badInput('base-moved', message);
  }
  const content = { files, labels: labels ?? current.labels };
  const plan = planOf({
    base: { version: base, hash: baseHash },
    before: current,
    content: { ...content, hash: contentHash(content) },
    effect,
  });
  return { plan, since: changedSincePull(directory, current) };
}

type Previewed = { readonly base: number; readonly baseHash: string; readonly hash: string };

function planOffline(call: Call, directory: PolicyDirectory, baseDirectory: string): Planned {
  const estate = optionList(call, 'estate');
  if (estate.length === 0) {
    throw badInput('missing-estate', 'Cannot plan with --base: no workloads are given, --estate is needed with it');
  }
  const { files, labels, lock } = readPolicyDirectory(baseDirectory);
  const before = { files, labels: labels ?? [] };
  const hash = contentHash(before);
  const after = { files: directory.files, labels: directory.labels ?? before.labels };
  const effect = offlineEffect({ estate, before, after, now: moment(call) });
  const base = { version: lock?.hash === hash ? lock.version : null, hash };
  return { plan: planOf({ base, before, content: { ...after, hash: contentHash(after) }, effect }), since: null };
}

type Made = Pick<Plan, 'base' | 'content' | 'effect'> & { readonly before: PolicyContent };

function planOf({ base, before, content, effect }: Made): Plan {
  const changes = changesBetween(before, content);
  const made = new Date().toISOString();
  const parts = partsBetween(before.files, content.files);
  return { kind: 'bulkhead-plan', format: planFormat, made, base, content, changes, parts, effect };
}

function exitOf(call: Call, { effect, base, content }: Plan): ExitCode {
  if (!effect.sound) {
    if (call.json || optionSet(call, 'markdown')) return exitCodes.badInput;
    throw new ProblemsFailure(effect.problems.filter((problem) => hasErrors([problem])));
  }
  const holds =
    (effect.tests ?? []).every(({ passed }) => passed) && (effect.invariants ?? []).every((one) => one.holds);
  const changes = optionSet(call, 'expectNone') && !isUnchanged(effect);
  const differs = optionSet(call, 'expectSame') && base.hash !== content.hash;
  return holds && !changes && !differs ? exitCodes.ok : exitCodes.no;
}

/** INVARIANT: the API answers differences as `diff` makes them. */
const isUnchanged = ({ diff, effective }: Effect): boolean =>
  [diff, effective].every((one) => one !== undefined && isNoDifference(one as Difference));
