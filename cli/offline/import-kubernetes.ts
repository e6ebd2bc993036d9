import { readFileSync } from 'node:fs';
import { type Imported, type ImportOptions, importKubernetes } from '@bulkhead/importers/kubernetes/import.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { fileCharacterLimit } from '@bulkhead/model/read/limits.ts';
import { answer, type Call, type CommandText, listArgument, optionList, optionSet, optionText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput, ProblemsFailure } from '../failure.ts';
import { countText, plural } from '../print-problems.ts';
import { readInputs } from './read-inputs.ts';
import { refuseExisting, writeTogether } from './write-together.ts';

const names = { estate: 'estate.yaml', policy: 'policy.yaml' } as const;

export const importKubernetesCommand: CommandText = {
  usage: 'kubernetes <inputs...>',
  about: 'workloads and policies of a Kubernetes cluster, from files, folders or standard input (-)',
  options: [
    { flags: '--out <dir>', about: 'where estate.yaml and policy.yaml are written', required: true },
    { flags: '--cluster <name>', about: 'the name of the cluster', fallback: 'kubernetes' },
    {
      flags: '--prefix <text>',
      about: 'in front of the names of all workloads, TEXT/namespace/name, where another cluster has the same',
    },
    { flags: '--network <name>', about: 'the network of the addresses', fallback: 'main' },
    { flags: '--namespace <name>', about: 'of objects that say none', fallback: 'default' },
    {
      flags: '--own-node <state>',
      about: 'whether a pod and its own node may talk although NetworkPolicies isolate the pod',
      choices: ['active', 'disabled'],
      fallback: 'active',
    },
    {
      flags: '--skip <kind>',
      about: 'a kind (or kind.group) to pass over, whatever it decides; may be repeated',
      repeat: true,
    },
    { flags: '--force', about: 'replace what is there' },
  ],
  run: importFiles,
};

async function importFiles(call: Call): Promise<ExitCode> {
  const out = optionText(call, 'out') ?? '';
  if (!optionSet(call, 'force')) refuseExisting(out, Object.values(names));
  const files = readFiles(listArgument(call, 0));
  const imported = importKubernetes(files, optionsOf(call));
  const { estate, policy, problems, counts } = imported;
  if (estate === null || policy === null) throw new ProblemsFailure(problems);
  refuseNothing(counts);
  writeTogether(out, [
    { name: names.estate, text: estate },
    { name: names.policy, text: policy },
  ]);
  if (!call.json)
    for (const problem of problems) call.terminal.note(call.terminal.colors.yellow(formatProblem(problem)));
  return answer(call, { out, files: files.length, counts, problems }, () => summary(out, files.length, imported));
}

/** The empty output of a program that failed must not become a cluster in which everything is allowed. */
function refuseNothing({ read, passedOver, skipped }: Imported['counts']): void {
  if (![read, passedOver, skipped].every(isEmpty)) return;
  throw badInput('no-objects', 'Cannot import the files: there is no object in them, at least one is needed');
}

function optionsOf(call: Call): ImportOptions {
  const namePrefix = optionText(call, 'prefix');
  return {
    cluster: optionText(call, 'cluster') ?? '',
    network: optionText(call, 'network') ?? '',
    namespace: optionText(call, 'namespace') ?? '',
    ownNode: optionText(call, 'ownNode') === 'disabled' ? 'disabled' : 'active',
    skip: optionList(call, 'skip'),
    ...(namePrefix !== null && { namePrefix }),
  };
}

function readFiles(paths: readonly string[]): readonly InputFile[] {
  const files = readInputs(paths.filter((path) => path !== '-'));
  return paths.includes('-') ? [...files, { file: '-', text: standardInput() }] : files;
}

function standardInput(): string {
  const text = readFileSync(0, 'utf8');
  if (text.length <= fileCharacterLimit) return text;
  const so = `${text.length} characters`;
  throw badInput('file-too-large', `Cannot read standard input: ${so}, at most ${fileCharacterLimit} can be read`);
}

function summary(out: string, files: number, { counts, problems }: Imported): string {
  const { read, passedOver, skipped, written } = counts;
  const lines = [
    `read from ${plural(files, 'file')}: ${tally(read)}`,
    ...(isEmpty(passedOver) ? [] : [`passed over, they decide nothing: ${tally(passedOver)}`]),
    ...(isEmpty(skipped) ? [] : [`passed over, you said so: ${tally(skipped)}`]),
    `written to ${out}: ${tally(written)}`,
    ...(problems.length === 0 ? [] : [countText(problems)]),
    `next: bulkhead policy check --estate ${out} --policy ${out}`,
  ];
  return lines.join('\n');
}

type Tally = Imported['counts']['read'];

const isEmpty = (kinds: Tally): boolean => Object.keys(kinds).length === 0;

const tally = (kinds: Tally): string =>
  isEmpty(kinds)
    ? 'nothing'
    : Object.entries(kinds)
        .map(([kind, count]) => `${count} ${kind}`)
        .join(', ');
