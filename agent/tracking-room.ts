import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';
import type { ProblemBook } from './problems.ts';

const settings = '/proc/sys/net/netfilter';
/** From this share on it is said, because a table that fills up does so in seconds. */
const nearlyFull = 0.95;

export type TrackingRoom = {
  readonly flows: number;
  readonly most: number;
  /** Packets that the kernel dropped because it had no room for their flow, since this network began. */
  readonly dropped: number;
};

/** Of this network namespace; null where the kernel tracks nothing. */
export function trackingRoom(files: FileTree): TrackingRoom | null {
  const flows = Number(files.readText(`${settings}/nf_conntrack_count`) ?? Number.NaN);
  const most = Number(files.readText(`${settings}/nf_conntrack_max`) ?? Number.NaN);
  if (!Number.isFinite(flows) || !(most > 0)) return null;
  return { flows, most, dropped: countDropped(files.readText('/proc/net/stat/nf_conntrack') ?? '') };
}

/** A heading, then a line of hexadecimal numbers for each processor. */
function countDropped(text: string): number {
  const [heading = [], ...rows] = text.split('\n').map((line) => line.trim().split(/\s+/));
  const column = heading.indexOf('drop');
  if (column < 0) return 0;
  return rows.reduce((sum, row) => sum + (Number.parseInt(row[column] ?? '0', 16) || 0), 0);
}

/**
 * The kernel drops packets of new flows when it cannot track them, before any rule of ours sees them: nothing else of us
 * would show it. Says so from look to look.
 */
export class TrackingWatch {
  readonly #files: FileTree;
  readonly #problems: ProblemBook;
  #before: number | null = null;

  constructor(files: FileTree, problems: ProblemBook) {
    this.#files = files;
    this.#problems = problems;
  }

  look(): void {
    const room = trackingRoom(this.#files);
    if (room === null) return;
    const more = this.#before === null ? 0 : room.dropped - this.#before;
    this.#before = room.dropped;
    const used = `${room.flows} of ${room.most} flows are tracked`;
    const advice = 'net.netfilter.nf_conntrack_max is to be raised, or whoever makes so many connections found';
    if (more > 0) {
      this.#problems.set(
        'tracking-full',
        `Connection tracking is full: ${used}, and the kernel dropped ${more} packets of new connections since the last look, whatever the rules say; ${advice}`,
      );
    } else if (room.flows >= room.most * nearlyFull) {
      this.#problems.set('tracking-full', `Connection tracking is nearly full: ${used}; ${advice}`);
    } else this.#problems.clear('tracking-full');
  }
}
