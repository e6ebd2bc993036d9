import type { PolicyFile } from '../api/types.ts';

/** Why a path cannot be a file's, as the API would refuse it; null: it can. `taken`: those of the other files. */
export function pathProblem(path: string, taken: readonly string[]): string | null {
  if (path === '') return 'A name is needed';
  if (path.length > 500) return 'At most 500 characters are needed';
  if (path.startsWith('/')) return 'A path below the policy is needed, so it cannot start with /';
  if (path.split('/').includes('..')) return 'A path cannot have .. in it';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
  if (/[\u0000-\u001f\u007f-\u009f\\]/.test(path)) return 'Control characters and backslashes cannot be in a path';
  return taken.includes(path) ? 'Another file has this path' : null;
}

export const withText = (files: readonly PolicyFile[], path: string, text: string): readonly PolicyFile[] =>
  files.map((file) => (file.path === path ? { path, text } : file));

export const withFile = (files: readonly PolicyFile[], file: PolicyFile): readonly PolicyFile[] => [...files, file];

export const withoutFile = (files: readonly PolicyFile[], path: string): readonly PolicyFile[] =>
  files.filter((file) => file.path !== path);

export const renamed = (files: readonly PolicyFile[], path: string, to: string): readonly PolicyFile[] =>
  files.map((file) => (file.path === path ? { ...file, path: to } : file));

/** Their order says nothing. */
export function sameFiles(a: readonly PolicyFile[], b: readonly PolicyFile[]): boolean {
  if (a === b) return true;
  const texts = new Map(b.map(({ path, text }) => [path, text]));
  return a.length === b.length && a.every(({ path, text }) => texts.get(path) === text);
}

export type FileChange = 'same' | 'changed' | 'added' | 'removed';

/** What became of every file of either, by path. */
export function compareFiles(
  before: readonly PolicyFile[],
  after: readonly PolicyFile[],
): ReadonlyMap<string, FileChange> {
  const texts = new Map(before.map(({ path, text }) => [path, text]));
  const changes = new Map<string, FileChange>();
  for (const { path, text } of after) {
    const was = texts.get(path);
    changes.set(path, was === undefined ? 'added' : was === text ? 'same' : 'changed');
    texts.delete(path);
  }
  for (const path of texts.keys()) changes.set(path, 'removed');
  return changes;
}

/** `both`: files that the draft and the newer version changed, each in its way; they are as the draft has them. */
export type Rebased = { readonly files: readonly PolicyFile[]; readonly both: readonly string[] };

type Sides = {
  readonly base: readonly PolicyFile[];
  readonly current: readonly PolicyFile[];
  readonly draft: readonly PolicyFile[];
};

/** The draft on top of a newer version: a file that the draft left alone becomes as the newer version has it. */
export function rebase({ base, current, draft }: Sides): Rebased {
  const [was, is, wanted] = [base, current, draft].map((files) => new Map(files.map(({ path, text }) => [path, text])));
  const paths = [...new Set([...draft, ...current].map(({ path }) => path))];
  const files: PolicyFile[] = [];
  const both: string[] = [];
  for (const path of paths) {
    const [before, theirs, ours] = [was?.get(path), is?.get(path), wanted?.get(path)];
    const text = ours === before ? theirs : ours;
    if (text !== undefined) files.push({ path, text });
    if (ours !== before && theirs !== before && ours !== theirs) both.push(path);
  }
  return { files, both };
}
