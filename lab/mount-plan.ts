/**
 * What a host does not share with the machine: directory on the host -> directory below the host's own folder. Homes are
 * among it because a login reads files in them, and what somebody put there is not the estate's.
 */
const ownDirectories: readonly (readonly [string, string])[] = [
  ['/etc', 'etc'],
  ['/home', 'home'],
  ['/opt', 'opt'],
  ['/root', 'root'],
  ['/tmp', 'tmp'],
  ['/run', 'run'],
  ['/var/lib', 'var-lib'],
  ['/var/log', 'var-log'],
];

/** Names in the machine's /etc that a host gets a copy of: what tools and daemons read, nothing about the machine's services. */
export const etcEntries: readonly string[] = [
  'alternatives',
  'bash.bashrc',
  'debian_version',
  'environment',
  'gai.conf',
  'group',
  'host.conf',
  'iproute2',
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'localtime',
  'login.defs',
  'networks',
  'nsswitch.conf',
  'os-release',
  'pam.conf',
  'pam.d',
  'passwd',
  'profile',
  'protocols',
  'security',
  'services',
  'shells',
  'timezone',
];

export type Mount = { readonly source: string; readonly target: string };

/**
 * The bind mounts of one host, in order. `kept` are absolute paths of the machine that stay visible although the host
 * has its own directory above them (the checkout may lie in /tmp): they are bound into the host's own directory first.
 * `inside` are further bindings given by their path on the host.
 */
export function mountPlan(folder: string, kept: readonly string[], inside: readonly Mount[]): Mount[] {
  const early = [...inside, ...kept.map((path) => ({ source: path, target: path }))].flatMap((mount) => {
    const own = ownDirectories.find(([directory]) => mount.target.startsWith(`${directory}/`));
    if (own === undefined) return [];
    return [{ source: mount.source, target: `${folder}/${own[1]}${mount.target.slice(own[0].length)}` }];
  });
  // The mount that hides the folder itself comes last: sources are found by path until then.
  const hides = (mount: Mount): number => Number(folder.startsWith(`${mount.target}/`));
  const own = ownDirectories.map(([directory, name]) => ({ source: `${folder}/${name}`, target: directory }));
  return [...early, ...own.sort((a, b) => hides(a) - hides(b))];
}

/** Where a path of the host lies on the machine. */
export function pathOnMachine(folder: string, path: string): string {
  const own = ownDirectories.find(([directory]) => path === directory || path.startsWith(`${directory}/`));
  if (own === undefined) throw new Error(`Not a directory of the host's own: ${path}`);
  return `${folder}/${own[1]}${path.slice(own[0].length)}`;
}

export const ownFolders: readonly string[] = ownDirectories.map(([, name]) => name);
