import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { flowBatchLimit } from '@bulkhead/wire/flow-batch.ts';
import { errorText } from './atomic-file.ts';
import type { Problems } from './problems.ts';
import { type Frame, Segment } from './segment.ts';

export type SpoolLimits = {
  /** Bytes of all segments; beyond it the oldest segment goes, and its batches count as dropped. */
  readonly total: number;
  readonly segment: number;
  /** Bytes kept in memory while the disk takes nothing. */
  readonly memory: number;
};

/** 64 MB is about three million reports, an hour of a busy host without its controller. */
export const defaultLimits: SpoolLimits = { total: 64 << 20, segment: 1 << 20, memory: 1 << 20 };

type Entry = { readonly sequence: number } & (
  | { readonly kind: 'disk'; readonly segment: Segment; readonly frame: Frame }
  | { readonly kind: 'memory'; readonly bytes: Uint8Array }
);

/**
 * Batches that the controller has not acknowledged, in order, on disk: they survive a killed agent and a controller
 * that is away. Bounded: what overflows is dropped, counted and said.
 */
export class Spool {
  readonly #directory: string;
  readonly #limits: SpoolLimits;
  readonly #problems: Problems;
  readonly #segments: Segment[] = [];
  #entries: Entry[] = [];
  #next = 1;
  /** Numbers from here on were given by this process. */
  #fresh: number;
  #sent = 0;
  #received = 0;
  #dropped = 0;
  #inMemory = 0;

  constructor(directory: string, problems: Problems, limits: SpoolLimits = defaultLimits) {
    this.#directory = directory;
    this.#limits = limits;
    this.#problems = problems;
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#recover();
    this.#fresh = this.#next;
    if (this.#segments.length === 0) this.#tryNewSegment();
  }

  /** The number that the next batch gets. */
  get nextSequence(): number {
    return this.#next;
  }
  /** Batches waiting for an acknowledgement. */
  get length(): number {
    return this.#entries.length;
  }
  /** Batches that nobody will ever get, since this agent started. */
  get dropped(): number {
    return this.#dropped;
  }
  /** Log records received in the life of this spool, up to the last batch. */
  get received(): number {
    return this.#received;
  }

  /** The batch must carry `nextSequence`; `received`: log records received up to and including it. */
  append(bytes: Uint8Array, received: number): void {
    const sequence = this.#next;
    try {
      const segment = this.#writable();
      const frame = segment.append(sequence, received, bytes);
      this.#entries.push({ kind: 'disk', sequence, segment, frame });
      this.#problems.clear('spool-disk');
    } catch (error) {
      this.#complain(error);
      this.#keepInMemory(sequence, bytes);
    }
    this.#next++;
    this.#received = received;
    while (this.#size() > this.#limits.total && this.#segments.length > 1) this.#dropOldest();
  }

  /** The first batches after `sequence`, at most `most`, in order. */
  after(sequence: number, most: number): readonly { readonly sequence: number; readonly bytes: Uint8Array }[] {
    const start = this.#entries.findIndex((entry) => entry.sequence > sequence);
    const entries = start < 0 ? [] : this.#entries.slice(start, start + most);
    this.#sent = Math.max(this.#sent, entries.at(-1)?.sequence ?? 0);
    return entries.map((entry) => ({
      sequence: entry.sequence,
      bytes: entry.kind === 'memory' ? entry.bytes : entry.segment.read(entry.frame),
    }));
  }

  /** Everything up to `sequence` is durable at the controller. */
  acknowledge(sequence: number): void {
    const gone = this.#entries.filter((entry) => entry.sequence <= sequence);
    // Numbers that an agent before us gave to batches it held in memory only: ours of the same numbers are not known
    // to the controller and it would take them for repetitions.
    this.#drop(gone.filter((entry) => entry.sequence >= this.#fresh && entry.sequence > this.#sent).length);
    this.#next = Math.max(this.#next, sequence + 1);
    for (const entry of gone) if (entry.kind === 'memory') this.#inMemory -= entry.bytes.length;
    if (gone.length > 0) this.#entries = this.#entries.slice(gone.length);
    this.#removeEmpty();
  }

  close(): void {
    for (const segment of this.#segments) segment.close();
  }

  #recover(): void {
    const names = readdirSync(this.#directory).filter((name) => /^\d{16}-\d{16}\.seg$/.test(name));
    for (const name of names.sort()) {
      const [first = 0, received = 0] = name.slice(0, -'.seg'.length).split('-').map(Number);
      const { segment, frames, cut } = Segment.open(join(this.#directory, name), flowBatchLimit);
      this.#segments.push(segment);
      this.#entries.push(
        ...frames.map((frame) => ({ kind: 'disk', sequence: frame.sequence, segment, frame }) as const),
      );
      const last = frames.at(-1);
      this.#next = last === undefined ? first : last.sequence + 1;
      this.#received = last?.received ?? received;
      if (cut > 0)
        this.#problems.set('spool-tail', `Cut ${cut} bytes off "${segment.path}": they were not written to the end`);
    }
  }

  #writable(): Segment {
    const last = this.#segments.at(-1);
    return last === undefined || last.size >= this.#limits.segment ? this.#newSegment() : last;
  }

  /** The name carries the next number and what was received, so that an empty segment still says where to go on. */
  #newSegment(): Segment {
    const digits = (value: number): string => String(value).padStart(16, '0');
    const path = join(this.#directory, `${digits(this.#next)}-${digits(this.#received)}.seg`);
    const { segment } = Segment.open(path, flowBatchLimit);
    this.#segments.push(segment);
    return segment;
  }

  #tryNewSegment(): boolean {
    try {
      this.#newSegment();
      return true;
    } catch (error) {
      this.#complain(error);
      return false;
    }
  }

  #complain(error: unknown): void {
    const message = `Cannot write the spool "${this.#directory}": ${errorText(error)}, free space is needed`;
    this.#problems.set('spool-disk', message);
  }

  #keepInMemory(sequence: number, bytes: Uint8Array): void {
    if (this.#inMemory + bytes.length > this.#limits.memory) {
      this.#drop(1);
      return;
    }
    this.#inMemory += bytes.length;
    this.#entries.push({ kind: 'memory', sequence, bytes });
  }

  #dropOldest(): void {
    const oldest = this.#segments[0];
    const kept = this.#entries.filter((entry) => entry.kind === 'memory' || entry.segment !== oldest);
    this.#drop(this.#entries.length - kept.length);
    this.#entries = kept;
    this.#discardOldest();
  }

  #drop(batches: number): void {
    if (batches === 0) return;
    this.#dropped += batches;
    this.#problems.set(
      'spool-dropped',
      `Dropped ${this.#dropped} batches of reports: the spool is full, the controller must be reachable`,
    );
  }

  /** The newest segment stays: it knows the numbers to go on with. */
  #removeEmpty(): void {
    const used = new Set(this.#entries.map((entry) => (entry.kind === 'disk' ? entry.segment : null)));
    while (this.#segments.length > 1 && !used.has(this.#segments[0] as Segment)) this.#discardOldest();
    const [only] = this.#segments;
    const isFull = only !== undefined && only.size >= this.#limits.segment && !used.has(only);
    if (isFull && this.#tryNewSegment()) this.#discardOldest();
  }

  #discardOldest(): void {
    const segment = this.#segments.shift();
    if (segment === undefined) return;
    segment.close();
    rmSync(segment.path, { force: true });
  }

  #size(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0);
  }
}
