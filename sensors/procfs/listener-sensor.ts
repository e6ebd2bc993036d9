import { cgroupUnit } from './cgroup-unit.ts';
import type { FileTree } from './file-tree.ts';
import { type KnownListener, ListenerTable } from './listener-table.ts';
import { PackageIndex } from './package-index.ts';
import { parsePasswd } from './passwd.ts';
import { type ListeningSocket, parseEphemeralPorts, parseSockets } from './sockets.ts';

/** More listening sockets than this are not looked at; one host has at most 2 * 65,535 and in practice dozens. */
const socketLimit = 16_384;
/** A socket can be seen before its owner holds it (inherited at exec); the kernel's own sockets never have one. */
const ownerAttempts = 3;

/** Keeps the table of listeners of this network namespace. The expensive walk over all descriptors is done on change only. */
export class ListenerSensor {
  table = new ListenerTable([]);
  readonly #files: FileTree;
  readonly #packages: PackageIndex;
  #sockets = '';
  #owners: ReadonlyMap<number, number> = new Map();
  #attempts = 0;

  constructor(files: FileTree) {
    this.#files = files;
    this.#packages = new PackageIndex(files);
  }

  /** Reads the sockets again; true when the set of listeners is another than before. */
  refresh(): boolean {
    const sockets = readSockets(this.#files).slice(0, socketLimit);
    const text = sockets.map((s) => `${s.protocol} ${s.address} ${s.port} ${s.inode}`).join('\n');
    const unowned = sockets.some((socket) => !this.#owners.has(socket.inode));
    if (text === this.#sockets && !(unowned && this.#attempts < ownerAttempts)) return false;
    this.#attempts = text === this.#sockets ? this.#attempts + 1 : 1;
    const owners = findOwners(this.#files, new Set(sockets.map((socket) => socket.inode)));
    const changed = text !== this.#sockets || owners.size !== this.#owners.size;
    this.#sockets = text;
    this.#owners = owners;
    if (changed) this.#build(sockets);
    return changed;
  }

  #build(sockets: readonly ListeningSocket[]): void {
    const users = parsePasswd(this.#files.readText('/etc/passwd') ?? '');
    const listeners = sockets.map((socket): KnownListener => {
      const { protocol, address, port, uid } = socket;
      const pid = this.#owners.get(socket.inode);
      const program = pid === undefined ? null : executable(this.#files, pid);
      const unit = pid === undefined ? null : cgroupUnit(this.#files.readText(`/proc/${pid}/cgroup`) ?? '');
      const user = users.get(uid) ?? String(uid);
      return { protocol, address, port, process: program, unit, package: null, user };
    });
    this.#packages.learn(new Set(listeners.flatMap(({ process }) => (process === null ? [] : [process]))));
    this.table = new ListenerTable(
      listeners.map((listener) => ({
        ...listener,
        package: listener.process === null ? null : this.#packages.packageOf(listener.process),
      })),
    );
  }
}

function readSockets(files: FileTree): ListeningSocket[] {
  const ephemeral = parseEphemeralPorts(files.readText('/proc/sys/net/ipv4/ip_local_port_range'));
  const sockets = (['tcp', 'udp'] as const).flatMap((protocol) =>
    ['', '6'].flatMap((suffix) =>
      parseSockets(files.readText(`/proc/self/net/${protocol}${suffix}`) ?? '', protocol, ephemeral),
    ),
  );
  return sockets.sort((a, b) => a.inode - b.inode);
}

/**
 * Process by socket inode. Of several holders (workers that inherited it) the oldest number, which is the program that
 * opened it; process 1 only when nobody else holds it, because it keeps the sockets of units it starts on demand.
 */
function findOwners(files: FileTree, wanted: ReadonlySet<number>): ReadonlyMap<number, number> {
  const owners = new Map<number, number>();
  const pids = files
    .list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
  for (const pid of [...pids.filter((pid) => pid !== 1), ...pids.filter((pid) => pid === 1)]) {
    if (owners.size === wanted.size) break;
    for (const descriptor of files.list(`/proc/${pid}/fd`)) {
      const match = /^socket:\[(\d+)\]$/.exec(files.readLink(`/proc/${pid}/fd/${descriptor}`) ?? '');
      const inode = match === null ? 0 : Number(match[1]);
      if (wanted.has(inode) && !owners.has(inode)) owners.set(inode, pid);
    }
  }
  return owners;
}

/** The path as the process sees it; a program replaced by an upgrade keeps its name. */
function executable(files: FileTree, pid: number): string | null {
  return files.readLink(`/proc/${pid}/exe`)?.replace(/ \(deleted\)$/, '') ?? null;
}
