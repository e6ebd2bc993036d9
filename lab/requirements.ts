import { existsSync, readFileSync } from 'node:fs';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Lab } from './lab-file.ts';
import { unitsOf } from './units.ts';

const tools = ['unshare', 'nsenter', 'setpriv', 'ip', 'ssh-keygen'];
const binaryFolders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** Everything that keeps a lab from running on this machine, all at once. */
export function missingRequirements(lab: Lab, cgroup: string | null): Problem[] {
  const problems: Problem[] = [];
  if (process.getuid?.() !== 0)
    problems.push(problem('lab-root', `Cannot make network namespaces: not root, uid 0 is needed`));
  if (cgroup === null) problems.push(problem('lab-cgroup', 'Cannot make cgroups: no cgroup2 is mounted, mount one'));
  const missing = [...missingTools(), ...missingDaemons(lab)];
  if (missing.length > 0) {
    const message = `Cannot run the lab: ${missing.join(', ')} not installed, these Debian packages are needed`;
    problems.push({ ...problem('lab-packages', message), hint: `apt-get install ${packages().join(' ')}` });
  }
  return problems;
}

const missingTools = (): string[] =>
  tools.filter((name) => !binaryFolders.some((folder) => existsSync(`${folder}/${name}`)));

function missingDaemons(lab: Lab): string[] {
  const programs = lab.hosts.flatMap((host) => unitsOf(lab, host).map((unit) => unit.command[0] ?? ''));
  return [...new Set(programs)].filter((path) => !path.startsWith('/opt/') && !existsSync(path));
}

/** The Debian packages a lab's machine needs, from lab/packages.txt. */
export const packages = (): string[] =>
  readFileSync(`${import.meta.dirname}/packages.txt`, 'utf8')
    .split('\n')
    .filter((line) => line !== '');

const problem = (code: string, message: string): Problem => ({
  severity: 'error',
  code,
  message,
  place: null,
  hint: null,
});
