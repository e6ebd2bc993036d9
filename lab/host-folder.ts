import { execFile } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { hostBatch } from './address-plan.ts';
import { type Host, hasDaemon } from './lab-file.ts';
import { etcEntries, mountPlan, ownFolders, pathOnMachine } from './mount-plan.ts';
import { hostsFile, resolvConf } from './render-configs.ts';
import { estateFolder, type Site } from './site.ts';
import type { Unit } from './units.ts';

const run = promisify(execFile);

export const hostFolder = (site: Site, host: Host): string => `${estateFolder(site)}/${host.name}`;
export const hostCgroup = (site: Site, host: Host): string => `${site.cgroup}/${host.name}`;
export const unitCgroup = (site: Site, host: Host, unit: string): string =>
  `${hostCgroup(site, host)}/${unit.endsWith('.scope') ? '' : 'system.slice/'}${unit}`;
export const unitLog = (site: Site, host: Host, unit: string): string =>
  `${hostFolder(site, host)}/var-log/${unit}.log`;

/** Everything on disk that a host needs before its first process starts: directories, configuration, cgroups. */
export async function prepareHost(site: Site, host: Host, units: readonly Unit[]): Promise<void> {
  const folder = hostFolder(site, host);
  for (const name of ownFolders) mkdirSync(`${folder}/${name}`, { recursive: true });
  chmodSync(`${folder}/tmp`, 0o1777);
  const copied = etcEntries.map((name) => `/etc/${name}`).filter((path) => existsSync(path));
  await run('cp', ['-a', ...copied, `${folder}/etc`]);
  writeHostFiles(site, host, folder);
  for (const unit of units) writeUnitFiles(folder, unit);
  if (hasDaemon(host, 'sshd')) await makeHostKey(folder);
  if (hasDaemon(host, 'sshd') || hasDaemon(host, 'ssh-check')) writeSshFiles(site, folder);
  for (const name of ['init.scope', 'system.slice'])
    mkdirSync(`${hostCgroup(site, host)}/${name}`, { recursive: true });
}

function writeHostFiles(site: Site, host: Host, folder: string): void {
  write(`${folder}/etc/hostname`, `${host.name}\n`);
  write(`${folder}/etc/hosts`, hostsFile(site.lab, host));
  write(`${folder}/etc/resolv.conf`, resolvConf(site.lab));
  // Nothing else says that the programs below are modules: the checkout's own package.json is not above them here.
  write(`${folder}/opt/shop/package.json`, '{ "type": "module" }\n');
  write(`${folder}/run/lab-network`, hostBatch(site.lab, host));
  const inside = [
    { source: '/var/lib/dpkg', target: '/var/lib/dpkg' },
    { source: site.node, target: '/opt/shop/node' },
    { source: `${site.repository}/lab/daemons`, target: '/opt/shop/app' },
  ];
  for (const { target } of inside.slice(1, 2)) write(pathOnMachine(folder, target), '');
  const kept = [site.repository, compileCache(site)];
  const mounts = mountPlan(folder, kept, inside);
  for (const { source, target } of mounts) if (source !== site.node) mkdirSync(target, { recursive: true });
  write(`${folder}/mounts`, mounts.map(({ source, target }) => `${source}\t${target}\n`).join(''));
}

/** Agents of all hosts share what Node compiled. */
export const compileCache = (site: Site): string => `${estateFolder(site)}/compile-cache`;

function writeUnitFiles(folder: string, unit: Unit): void {
  for (const { path, user } of unit.folders) {
    const made = pathOnMachine(folder, path);
    mkdirSync(made, { recursive: true });
    const owner = userIds(user);
    chownSync(made, owner.uid, owner.gid);
  }
  for (const [path, text] of Object.entries(unit.files)) write(pathOnMachine(folder, path), text);
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

async function makeHostKey(folder: string): Promise<void> {
  mkdirSync(`${folder}/etc/ssh`, { recursive: true });
  await run('ssh-keygen', [
    '-q',
    '-t',
    'ed25519',
    '-N',
    '',
    '-C',
    'lab',
    '-f',
    `${folder}/etc/ssh/ssh_host_ed25519_key`,
  ]);
}

/** One key pair per lab, made when it comes up; it may run `true` on the hosts that have it and nothing else. */
export async function makeJumpKey(site: Site): Promise<void> {
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'jump', '-f', `${estateFolder(site)}/jump-key`]);
}

function writeSshFiles(site: Site, folder: string): void {
  const publicKey = readFileSync(`${estateFolder(site)}/jump-key.pub`, 'utf8');
  write(`${folder}/etc/ssh/authorized_keys`, `restrict,command="/bin/true" ${publicKey}`);
  writeFileSync(`${folder}/etc/ssh/lab_key`, readFileSync(`${estateFolder(site)}/jump-key`), { mode: 0o600 });
  write(`${folder}/etc/ssh/lab_client_config`, sshClientConfig);
  // Without an entry sshd takes root for locked. No password opens it.
  writeFileSync(`${folder}/etc/shadow`, 'root:*:20000:0:99999:7:::\n', { mode: 0o600 });
}

const sshClientConfig = `BatchMode yes
User root
IdentityFile /etc/ssh/lab_key
IdentitiesOnly yes
ConnectTimeout 3
StrictHostKeyChecking accept-new
UserKnownHostsFile /run/lab_known_hosts
LogLevel ERROR
`;

export type UserIds = { readonly uid: number; readonly gid: number };

export function userIds(name: string): UserIds {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${name}:`));
  const [, , uid, gid] = line?.split(':') ?? [];
  if (uid === undefined || gid === undefined) {
    throw new Error(`Cannot run a daemon as "${name}": no such user, its Debian package is needed`);
  }
  return { uid: Number(uid), gid: Number(gid) };
}
