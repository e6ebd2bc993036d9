import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, rmdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { nameServer } from './address-plan.ts';
import { hostCgroup, hostFolder, unitCgroup, unitLog, userIds } from './host-folder.ts';
import type { Host } from './lab-file.ts';
import type { Site } from './site.ts';

/** A host whose namespaces exist. `pid` is its first process, seen from the router's namespace. */
export type RunningHost = { readonly host: Host; readonly pid: number; readonly configureNetwork: () => Promise<void> };

export type HostCommand = {
  readonly unit: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
};

/** Joins a cgroup, then becomes the command: the shell's own PID is what moves. */
const joinCgroup = 'echo 0 > "$1/cgroup.procs"; shift; exec "$@"';

/** Starts a host's first process and returns once its namespaces and mounts are there. */
export async function startHost(site: Site, host: Host): Promise<RunningHost> {
  const unshare = ['unshare', '--net', '--mount', '--uts', '--ipc', '--pid', '--cgroup', '--fork', '--kill-child=KILL'];
  const init = [`${site.repository}/lab/host-init.sh`, hostFolder(site, host), host.name];
  const child = spawn('sh', ['-c', joinCgroup, 'sh', hostCgroup(site, host), ...unshare, 'sh', ...init], {
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (word: string): Promise<string> => {
    const line = (await lines.next()).value;
    if (line?.startsWith(word)) return line;
    throw new Error(`Cannot start host "${host.name}": it ended before saying "${word}", see the lab's log`);
  };
  const pid = Number((await next('pid ')).slice(4));
  const configureNetwork = async (): Promise<void> => {
    child.stdin.write('go\n');
    await next('up');
  };
  return { host, pid, configureNetwork };
}

/** Root and working directory too: by itself a mount namespace is entered at its top, which in a chroot is elsewhere. */
const sharedWithHost = ['--net', '--mount', '--uts', '--ipc', '--pid', '--cgroup', '--root', '--wd'];

/** Starts a command in a host's namespaces and in the cgroup of its unit. */
export function spawnOnHost(site: Site, running: RunningHost, what: HostCommand, stdio: StdioOptions): ChildProcess {
  const cgroup = unitCgroup(site, running.host, what.unit);
  mkdirSync(cgroup, { recursive: true });
  const { uid, gid } = userIds(what.user);
  const become = what.user === 'root' ? [] : ['setpriv', `--reuid=${uid}`, `--regid=${gid}`, '--init-groups', '--'];
  const enter = ['nsenter', `--target=${running.pid}`, ...sharedWithHost, '--'];
  const env = { ...baseEnv(site, running.host), ...what.env };
  return spawn('sh', ['-c', joinCgroup, 'sh', cgroup, ...enter, ...become, ...what.command], { stdio, cwd: '/', env });
}

/** Starts a unit that runs until it is stopped; its output is appended to its log. */
export function startUnit(site: Site, running: RunningHost, what: HostCommand): void {
  const log = openSync(unitLog(site, running.host, what.unit), 'a', 0o600);
  try {
    spawnOnHost(site, running, what, ['ignore', log, log]).on('error', (error) => console.error(error.message));
  } finally {
    closeSync(log);
  }
}

export type Output = { readonly code: number; readonly stdout: string; readonly stderr: string };

const outputLimit = 1_000_000;

/** Runs a command on a host to its end, or kills it after `seconds`; output over a million characters is cut. */
export function runOnHost(site: Site, running: RunningHost, what: HostCommand, seconds: number): Promise<Output> {
  return new Promise((resolve, reject) => {
    const child = spawnOnHost(site, running, what, ['ignore', 'pipe', 'pipe']);
    const text = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        if (text[name].length < outputLimit) text[name] += chunk;
      });
    }
    const timer = setTimeout(() => signalUnit(site, running.host, what.unit, 'SIGKILL'), seconds * 1000);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      forgetSession(site, running.host, what.unit);
      resolve({ code: code ?? 137, ...text });
    });
  });
}

/** The processes of a unit, seen from the router's namespace; empty when it does not run. */
export function unitProcesses(site: Site, host: Host, unit: string): number[] {
  try {
    const text = readFileSync(`${unitCgroup(site, host, unit)}/cgroup.procs`, 'utf8');
    return text
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
  } catch {
    return [];
  }
}

/** Sends a signal to every process of a unit; how many there were. */
export function signalUnit(site: Site, host: Host, unit: string, signal: NodeJS.Signals): number {
  const pids = unitProcesses(site, host, unit).filter((pid) => pid > 0);
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended between the listing and the signal.
    }
  }
  return pids.length;
}

let sessions = 0;

/** A command that somebody runs on a host, in a cgroup of its own. */
export const session = (command: readonly string[]): HostCommand => ({
  unit: `session-${++sessions}.scope`,
  user: 'root',
  command,
  env: {},
});

/** A session's cgroup goes with its last process; a process it left behind keeps it. */
export function forgetSession(site: Site, host: Host, unit: string): void {
  if (!unit.endsWith('.scope')) return;
  try {
    rmdirSync(unitCgroup(site, host, unit));
  } catch {
    // Something of it still runs.
  }
}

function baseEnv(site: Site, host: Host): Record<string, string> {
  return {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: '/root',
    HOST: host.name,
    DOMAIN: site.lab.domain,
    NAME_SERVER: nameServer(site.lab)?.name ?? '',
  };
}
