import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { quote } from '@bulkhead/model/finding.ts';
import type { LabelAssignment, PolicyFile } from '@bulkhead/model/policy-content.ts';
import { labelsFile, lockFile, wrongPolicyPaths } from '@bulkhead/model/policy-path.ts';
import { answer, argument, type Call, type CommandText, optionSet } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput, cannot } from '../failure.ts';
import { type Api, openApi } from '../online/api.ts';
import { onlineOptions } from '../online/options.ts';
import { plural } from '../print-problems.ts';
import { contentHash } from './directory.ts';
import { noteIsolations } from './isolations-note.ts';
import { labelsText } from './labels-file.ts';
import { type Hashed, hashOf, type Lock, lockText, readLock } from './lock.ts';
import { statOf, wrongPath } from './safe-path.ts';
import { writeWhole } from './write-file.ts';

export const pullCommand: CommandText = {
  usage: 'pull <directory>',
  about: "the controller's current policy and label assignments, as files",
  options: [
    ...onlineOptions,
    { flags: '--force', about: 'also over files that were changed here; files that were never pulled stay' },
  ],
  run: pull,
};

export type VersionContent = {
  readonly number: number;
  readonly hash: string;
  readonly files: readonly PolicyFile[];
  readonly labels: readonly LabelAssignment[];
};

export async function currentContent(api: Api): Promise<VersionContent> {
  const { version } = (await api.get('/status')) as { readonly version: { readonly number: number } };
  const content = (await api.get(`/versions/${version.number}`)) as VersionContent;
  if (contentHash(content) === content.hash) return content;
  const so = 'its files and labels do not have the hash that it says';
  throw cannot('bad-answer', `Cannot use version ${content.number}: ${so}, a controller of this version is needed`);
}

async function pull(call: Call): Promise<ExitCode> {
  const directory = argument(call, 0);
  const api = openApi(call);
  const version = await currentContent(api);
  if (statOf(directory) === null) mkdirSync(directory, { recursive: true });
  const steps = plan(directory, version);
  if (steps.changedHere.length > 0 && !optionSet(call, 'force')) throw changedHere(directory, steps.changedHere);
  if (steps.write.size + steps.remove.length > 0) writeWhole(join(directory, lockFile), lockText(steps.begun));
  for (const path of steps.remove) rmSync(join(directory, path));
  for (const [path, text] of steps.write) writeWhole(join(directory, path), text);
  writeWhole(join(directory, lockFile), lockText(steps.lock));
  const [written, removed] = [[...steps.write.keys()], steps.remove];
  const { number, hash, files } = version;
  await noteIsolations(call, api);
  const leftOut = [...steps.leftOut].map(([path, why]) => ({ path, why }));
  return answer(call, { version: number, hash, files: files.length, written, removed, leftOut }, () =>
    [
      ...leftOut.map(
        ({ path, why }) => `left out ${quote(path)}: ${why}, plan and apply without it or give it another path`,
      ),
      ...written.map((path) => `wrote    ${path}`),
      ...removed.map((path) => `removed  ${path}`),
      `version ${number}: ${plural(files.length, 'file')}, ${plural(version.labels.length, 'label assignment')}`,
    ].join('\n'),
  );
}

type Steps = {
  readonly write: ReadonlyMap<string, string>;
  readonly remove: readonly string[];
  /** Files that differ from what was pulled, and would be lost. */
  readonly changedHere: readonly string[];
  /** Files of the version that are not written, and why: one of them keeps nobody from the others. */
  readonly leftOut: ReadonlyMap<string, string>;
  /** Before the first file is written, and after the last. */
  readonly begun: Lock;
  readonly lock: Lock;
};

/** Nothing is written before all of it is known to be right. */
function plan(directory: string, { number, hash, files, labels }: VersionContent): Steps {
  const lock = readLock(directory);
  const leftOut = unsafeIn(directory, files);
  const wanted = new Map(files.filter(({ path }) => !leftOut.has(path)).map(({ path, text }) => [path, text]));
  const hasLabels = labels.length > 0 || statOf(join(directory, labelsFile)) !== null;
  if (hasLabels) wanted.set(labelsFile, labelsText(labels));
  const { files: pulled, pending } = lock ?? { files: new Map<string, string>(), pending: [] };
  const paths = [...new Set([...wanted.keys(), ...pulled.keys(), ...pending.map(({ path }) => path)])];
  refuseUnsafe(directory, paths);
  const here = new Map(paths.map((path) => [path, textAt(directory, path)]));
  const isOurs = (path: string) => {
    const text = here.get(path) ?? null;
    const known = [pulled.get(path) ?? '', ...pending.filter((one) => one.path === path).map(({ sha256 }) => sha256)];
    return known.includes(text === null ? '' : hashOf(text));
  };
  const write = new Map([...wanted].filter(([path, text]) => here.get(path) !== text));
  const gone = paths.filter((path) => !wanted.has(path) && here.get(path) !== null);
  const changed = [...write.keys(), ...gone].filter((path) => !isOurs(path)).sort();
  const done = { version: number, hash, files: new Map([...wanted].map(([path, text]) => [path, hashOf(text)])) };
  const begun = { ...(lock ?? { ...done, files: pulled }), pending: [...pending, ...statesOf(write, gone)] };
  return { write, remove: gone, changedHere: changed, leftOut, begun, lock: { ...done, pending: [] } };
}

const statesOf = (write: ReadonlyMap<string, string>, gone: readonly string[]): readonly Hashed[] => [
  ...[...write].map(([path, text]) => ({ path, sha256: hashOf(text) })),
  ...gone.map((path) => ({ path, sha256: '' })),
];

function textAt(directory: string, path: string): string | null {
  const file = join(directory, path);
  return statOf(file) === null ? null : readFileSync(file, 'utf8');
}

function refuseUnsafe(directory: string, paths: readonly string[]): void {
  for (const path of paths) {
    const so = wrongPath(directory, path);
    if (so === null) continue;
    const message = `Cannot write the policy file ${quote(path)}: ${so}, a path of its own below it is needed`;
    throw badInput('unsafe-path', message);
  }
}

/** By themselves, by each other, and by what lies in the directory. */
function unsafeIn(directory: string, files: readonly PolicyFile[]): ReadonlyMap<string, string> {
  const wrong = wrongPolicyPaths(files.map(({ path }) => path));
  const all = files.map(({ path }) => [path, wrong.get(path) ?? wrongPath(directory, path)] as const);
  return new Map(all.flatMap(([path, why]) => (why === null ? [] : [[path, why] as const])));
}

function changedHere(directory: string, paths: readonly string[]) {
  const listed = paths.map((path) => `\n  ${path}`).join('');
  const message = `Cannot pull into "${directory}": ${plural(paths.length, 'file')} changed here would be overwritten${listed}`;
  return badInput('local-changes', message, 'plan and apply them, move them away, or say --force');
}
