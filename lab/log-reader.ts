import { closeSync, fstatSync, ftruncateSync, openSync, readSync } from 'node:fs';

/** A log is emptied when it has grown to this many bytes and everything in it was read. */
const keptBytes = 1_000_000;

/** Reads what was appended to a set of log files since the last time; whole lines only. */
export class LogReader {
  readonly #offsets = new Map<string, number>();

  watch(path: string): void {
    if (!this.#offsets.has(path)) this.#offsets.set(path, 0);
  }

  read(): string {
    return [...this.#offsets.keys()].map((path) => this.#readOne(path)).join('');
  }

  #readOne(path: string): string {
    const file = openSync(path, 'r+');
    try {
      const { size } = fstatSync(file);
      const from = Math.min(this.#offsets.get(path) ?? 0, size);
      const bytes = Buffer.alloc(size - from);
      readSync(file, bytes, 0, bytes.length, from);
      const whole = bytes.lastIndexOf(10) + 1;
      // Writers append, so an emptied file goes on at its new end.
      const full = from + whole === size && size > keptBytes && fstatSync(file).size === size;
      if (full) ftruncateSync(file, 0);
      this.#offsets.set(path, full ? 0 : from + whole);
      return bytes.toString('utf8', 0, whole);
    } finally {
      closeSync(file);
    }
  }
}
