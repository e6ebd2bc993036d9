import { statSync } from 'node:fs';
import { normalize, relative } from 'node:path';
import type { Problem } from '@bulkhead/model/problem.ts';
import {
  answer,
  argument,
  type Call,
  type CommandText,
  listArgument,
  type OptionText,
  optionSet,
  optionText,
} from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput, Failure } from '../failure.ts';
import { readInputs } from '../offline/read-inputs.ts';
import { plural } from '../print-problems.ts';
import { table } from '../table.ts';
import { type Api, openApi } from './api.ts';
import { parseLabels } from './label-arguments.ts';
import { onlineOptions } from './options.ts';
import { allItems, segment } from './pages.ts';

export type LabelAssignment = { readonly workload: string; readonly key: string; readonly value: string | null };
export type PolicyFile = { readonly path: string; readonly text: string };

export type Draft = {
  readonly name: string;
  readonly base: number;
  readonly revision: number;
  readonly files: readonly PolicyFile[];
  readonly labels: readonly LabelAssignment[];
  readonly problems?: readonly Problem[];
};

export const draftOption: OptionText = { flags: '--draft <name>', about: 'which draft', fallback: 'default' };

export const draftCommands: readonly CommandText[] = [
  { usage: 'list', about: 'all drafts', options: onlineOptions, run: listDrafts },
  { usage: 'show <name>', about: 'the files and labels of a draft', options: onlineOptions, run: showDraft },
  {
    usage: 'put <name> <paths...>',
    about: 'the files of directories become the policy of a draft; its labels stay',
    options: [
      ...onlineOptions,
      { flags: '--rebase', about: 'on top of the current version, whatever the draft was made from' },
    ],
    run: putDraft,
  },
  {
    usage: 'delete <name>',
    about: 'forget a draft; nothing that is enforced changes',
    options: onlineOptions,
    run: deleteDraft,
  },
];

export const labelCommands: readonly CommandText[] = [
  { usage: 'list [workload]', about: 'labels of workloads as they are now', options: onlineOptions, run: listLabels },
  {
    usage: 'set <workload> <labels...>',
    about: 'set labels in a draft; they hold once it is provisioned',
    options: [...onlineOptions, draftOption],
    run: (call) => assignLabels(call, Object.entries(parseLabels(listArgument(call, 1)))),
  },
  {
    usage: 'remove <workload> <keys...>',
    about: 'remove labels in a draft; they hold until it is provisioned',
    options: [...onlineOptions, draftOption],
    run: (call) =>
      assignLabels(
        call,
        listArgument(call, 1).map((key) => [key, null] as const),
      ),
  },
];

async function listDrafts(call: Call): Promise<ExitCode> {
  const drafts = await allItems<Draft>(openApi(call), '/drafts');
  return answer(call, drafts, () => {
    if (drafts.length === 0) return 'no drafts';
    const rows = drafts.map((draft) => [
      draft.name,
      String(draft.base),
      String(draft.files?.length ?? 0),
      String(draft.labels?.length ?? 0),
    ]);
    return table(['NAME', 'BASE', 'FILES', 'LABELS'], rows);
  });
}

async function showDraft(call: Call): Promise<ExitCode> {
  const draft = (await openApi(call).get(`/drafts/${segment(argument(call, 0))}`)) as Draft;
  return answer(call, draft, () => {
    const files = draft.files.map((file) => `--- ${file.path}\n${file.text.trimEnd()}`);
    const labels = draft.labels.map(
      (label) => `${label.workload}  ${label.key}${label.value === null ? ' removed' : `=${label.value}`}`,
    );
    return [`draft ${draft.name}, based on version ${draft.base}`, ...labels, ...files].join('\n');
  });
}

async function putDraft(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  const name = argument(call, 0);
  const files = readFiles(listArgument(call, 1));
  const opened = await openDraft(api, name);
  const base = optionSet(call, 'rebase') ? await currentVersion(api) : opened.base;
  const draft = { ...opened, base, files };
  const stored = (await saveDraft(api, name, draft)) as Partial<Draft> | null;
  const problems = stored?.problems ?? [];
  return answer(call, stored ?? draft, () => {
    const said = problems.length === 0 ? '' : `, ${plural(problems.length, 'problem')}`;
    return `draft ${name}: ${plural(files.length, 'file')}${said}; show its effect with bulkhead provision ${name}`;
  });
}

async function currentVersion(api: Api): Promise<number> {
  const { version } = (await api.get('/status')) as { readonly version: { readonly number: number } };
  return version.number;
}

/** Paths inside a draft are relative to the directory that was named. */
/** A file given by itself is named by its path without what leads away from here. */
export const nameOf = (file: string): string => normalize(file).replace(/^(\/|\.\.\/)+/, '');

function readFiles(paths: readonly string[]): readonly PolicyFile[] {
  return paths.flatMap((path) => {
    const inputs = readInputs([path]);
    const isDirectory = statSync(path).isDirectory();
    return inputs.map(({ file, text }) => ({ path: isDirectory ? relative(path, file) : nameOf(file), text }));
  });
}

async function deleteDraft(call: Call): Promise<ExitCode> {
  const name = argument(call, 0);
  await openApi(call).remove(`/drafts/${segment(name)}`);
  return answer(call, { deleted: name }, () => `deleted draft ${name}`);
}

async function assignLabels(call: Call, values: readonly (readonly [string, string | null])[]): Promise<ExitCode> {
  const api = openApi(call);
  const workload = argument(call, 0);
  const name = optionText(call, 'draft') ?? 'default';
  await api.get(`/workloads/${segment(workload)}`);
  const draft = await openDraft(api, name);
  const changed = new Set(values.map(([key]) => key));
  const kept = draft.labels.filter((label) => label.workload !== workload || !changed.has(label.key));
  const labels = [...kept, ...values.map(([key, value]) => ({ workload, key, value }))];
  await saveDraft(api, name, { ...draft, labels });
  return answer(call, { draft: name, labels }, () => {
    const said = values.map(([key, value]) => (value === null ? `${key} removed` : `${key}=${value}`)).join(' ');
    return `draft ${name}: ${workload} ${said}; it holds after bulkhead provision ${name}`;
  });
}

/** The draft as it is, or one that begins as a copy of the current version. */
export async function openDraft(api: Api, name: string): Promise<Draft> {
  try {
    return (await api.get(`/drafts/${segment(name)}`)) as Draft;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'not-found') throw error;
    return (await api.post('/drafts', { name })) as Draft;
  }
}

/** Refused when somebody else has changed it since it was opened. */
const saveDraft = (api: Api, name: string, { base, files, labels, revision }: Draft): Promise<unknown> =>
  api.put(`/drafts/${segment(name)}`, { base, files, labels }, revision);

async function listLabels(call: Call): Promise<ExitCode> {
  const only = call.args[0];
  const all = await allItems<{ readonly name: string; readonly labels: Readonly<Record<string, string>> }>(
    openApi(call),
    '/workloads',
  );
  const shown = only === undefined ? all : all.filter((workload) => workload.name === only);
  if (only !== undefined && shown.length === 0) {
    throw badInput('unknown-workload', `Cannot list the labels of "${only}": the estate has no such workload`);
  }
  const answers = shown.map(({ name, labels }) => ({ name, labels }));
  return answer(call, answers, () => {
    const keys = [...new Set(shown.flatMap((workload) => Object.keys(workload.labels)))].sort();
    return table(
      ['WORKLOAD', ...keys.map((key) => key.toUpperCase())],
      shown.map(({ name, labels }) => [name, ...keys.map((key) => labels[key] ?? '-')]),
    );
  });
}
