import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSources, report, repository } from './source-tree.ts';

export type LockedPackage = {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
  readonly inBundle?: boolean;
};

/**
 * Complaints about locked packages that name the host they came from (a lockfile must install from any registry) or
 * that have no integrity hash (then that registry could send anything).
 */
export function checkLockfile(packages: Readonly<Record<string, LockedPackage>>): readonly string[] {
  return Object.entries(packages).flatMap(([path, entry]) => {
    if (!path.includes('node_modules/') || entry.link === true) return [];
    const complaints: string[] = [];
    if (entry.resolved !== undefined) complaints.push(`package-lock.json: "${path}" names where it came from`);
    if (entry.integrity === undefined && entry.inBundle !== true)
      complaints.push(`package-lock.json: "${path}" has no integrity`);
    return complaints;
  });
}

export type Manifest = {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
};

/** Complaints about versions that are not exactly one version. */
export function checkPins(path: string, manifest: Manifest): readonly string[] {
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
  const loose = Object.entries(all).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  return loose.map(([name, version]) => `${path}: "${name}" is "${version}", an exact version is needed`);
}

if (import.meta.main) {
  const lock = JSON.parse(readFileSync(join(repository, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>;
  };
  const manifests = readSources(repository, ['package.json']);
  const pins = manifests.flatMap((file) => checkPins(file.path, JSON.parse(file.text) as Manifest));
  report('lockfile', Object.keys(lock.packages).length, [...checkLockfile(lock.packages), ...pins]);
}
