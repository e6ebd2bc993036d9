import type { PolicyContent } from '@bulkhead/model/policy-content.ts';
import { labelsFile } from '@bulkhead/model/policy-path.ts';
import type { PolicyDirectory } from './directory.ts';
import { labelsText } from './labels-file.ts';
import { hashOf } from './lock.ts';

/** What is in force and was not when a directory was pulled, and is otherwise in the directory: planned to be undone. */
export type SincePull = {
  /** The version that was pulled. */
  readonly version: number;
  readonly files: readonly (readonly [how: 'added' | 'changed' | 'removed', path: string])[];
};

/** Null: nothing was pulled, or nothing differs. Whoever plans an old directory may mean it, so it is told and no error. */
export function changedSincePull({ files, labels, lock }: PolicyDirectory, current: PolicyContent): SincePull | null {
  if (lock === null) return null;
  const here = new Map(files.map(({ path, text }) => [path, hashOf(text)]));
  const inForce = new Map(current.files.map(({ path, text }) => [path, hashOf(text)]));
  const pulled = new Map(lock.files);
  // A directory that says nothing of labels leaves them as they are.
  if (labels === null) pulled.delete(labelsFile);
  else {
    here.set(labelsFile, hashOf(labelsText(labels)));
    inForce.set(labelsFile, hashOf(labelsText(current.labels)));
    if (!pulled.has(labelsFile)) pulled.set(labelsFile, hashOf(labelsText([])));
  }
  const found = [...new Set([...pulled.keys(), ...inForce.keys()])].sort().flatMap((path) => {
    const [was, is] = [pulled.get(path), inForce.get(path)];
    if (was === is || here.get(path) === is) return [];
    return [[was === undefined ? 'added' : is === undefined ? 'removed' : 'changed', path] as const];
  });
  return found.length === 0 ? null : { version: lock.version, files: found };
}
