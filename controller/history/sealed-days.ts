import { closeSync, fsyncSync, openSync, readdirSync, renameSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type FlowStore, quoted } from './flow-store.ts';

export const dayLength = 86_400_000;
/** A day is sealed this long after its end: agents that were cut off have sent most of what they spooled by then. */
export const sealDelay = 3 * 3_600_000;
/** Days sealed by one call, so that appends wait no longer than one day takes. */
const daysPerCall = 3;

type Sealed = { readonly day: number; readonly file: string };

/**
 * Finished days leave the database file as sorted Parquet. The list of files is in the database, so that moving a day
 * is one transaction: before it the rows count, after it the file does. A file that no row names is a leftover.
 */
export class SealedDays {
  readonly #store: FlowStore;
  #list: readonly Sealed[] = [];

  constructor(store: FlowStore) {
    this.#store = store;
  }

  async load(): Promise<void> {
    const rows = await this.#store.rows({
      sql: 'select day::double as day, file from sealed order by day, file',
      values: [],
    });
    this.#list = rows.map(({ day, file }) => ({ day: Number(day), file: String(file) }));
    const named = new Set(this.#list.map(({ file }) => file));
    for (const file of readdirSync(this.#directory)) if (!named.has(file)) unlinkSync(join(this.#directory, file));
  }

  /** What to select from for rows of [`since`, `until`): the table, and the files of days that overlap. */
  source(since: number, until: number): string {
    const files = this.#list.filter(({ day }) => (day + 1) * dayLength > since && day * dayLength < until);
    if (files.length === 0) return 'flows';
    const names = files.map(({ file }) => `'${quoted(join(this.#directory, file))}'`);
    return `(select * from flows union all by name select * from read_parquet([${names.join(', ')}]))`;
  }

  async retain(now: number, keepDays: number): Promise<{ deletedRows: number; sealedDays: number }> {
    const deletedRows = await this.#deleteBefore(now - keepDays * dayLength);
    let sealedDays = 0;
    for (const day of await this.#finishedDays(now)) {
      await this.#seal(day);
      sealedDays++;
    }
    if (deletedRows > 0 || sealedDays > 0) await this.#store.write((connection) => connection.run('checkpoint'));
    return { deletedRows, sealedDays };
  }

  get #directory(): string {
    return join(this.#store.directory, 'sealed');
  }

  async #finishedDays(now: number): Promise<number[]> {
    const today = Math.floor((now - sealDelay) / dayLength);
    const sql = `select distinct last // ${dayLength} as day from flows where last < ? order by day limit ${daysPerCall}`;
    const rows = await this.#store.rows({ sql, values: [today * dayLength] });
    return rows.map(({ day }) => Number(day));
  }

  /** A day that was sealed before and got late rows becomes another file. */
  async #seal(day: number): Promise<void> {
    const taken = new Set(this.#list.map(({ file }) => file));
    let part = 0;
    while (taken.has(`${day}-${part}.parquet`)) part++;
    const file = `${day}-${part}.parquet`;
    const [path, partial] = [join(this.#directory, file), join(this.#directory, `${file}.partial`)];
    const own = `last >= ${day * dayLength} and last < ${(day + 1) * dayLength}`;
    const sorted = `select * from flows where ${own} order by service, to_name, from_name, last`;
    await this.#store.transaction(
      async (connection) => {
        await connection.run(`copy (${sorted}) to '${quoted(partial)}' (format parquet, compression zstd)`);
        makeDurable(partial, path, this.#directory);
        await connection.run(`delete from flows where ${own}`);
        await connection.run('insert into sealed values ($day, $file)', { day: BigInt(day), file });
      },
      () => {
        this.#list = [...this.#list, { day, file }];
      },
    );
  }

  async #deleteBefore(time: number): Promise<number> {
    const gone = this.#list.filter(({ day }) => (day + 1) * dayLength <= time);
    const deleted = await this.#store.transaction(
      async (connection) => {
        const rows = await connection.run('delete from flows where last < $time', { time: BigInt(Math.floor(time)) });
        for (const { file } of gone) await connection.run('delete from sealed where file = $file', { file });
        // Only the highest sequence of an agent is ever asked for.
        await connection.run(
          'delete from batches where (agent, sequence) not in (select (agent, max(sequence)) from batches group by agent)',
        );
        return rows.rowsChanged;
      },
      () => {
        this.#list = this.#list.filter((sealed) => !gone.includes(sealed));
      },
    );
    for (const { file } of gone) unlinkSync(join(this.#directory, file));
    return deleted;
  }
}

/** The file's content and its name are on disk before the rows it replaces are deleted. */
function makeDurable(partial: string, path: string, directory: string): void {
  syncPath(partial);
  renameSync(partial, path);
  syncPath(directory);
}

function syncPath(path: string): void {
  const file = openSync(path, 'r');
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
