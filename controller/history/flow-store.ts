import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  BIGINT,
  BOOLEAN,
  type DuckDBAppender,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import { columnValues, type FlowColumns, flagColumns, numberColumns, textColumns } from './flow-columns.ts';
import type { Query } from './flow-queries.ts';
import { isFatal } from './store-failure.ts';
import { Turns } from './turns.ts';

export type StoreOptions = { readonly directory: string; readonly memoryLimit: number };
export type StoredBatch = { readonly agent: string; readonly sequence: number; readonly columns: FlowColumns };

/** Rows of one data chunk: what the database takes at once. */
const chunkRows = 2048;

const flowTypes = [
  VARCHAR,
  BIGINT,
  INTEGER,
  ...textColumns.map(() => VARCHAR),
  ...numberColumns.map(() => BIGINT),
  ...flagColumns.map(() => BOOLEAN),
];

const schema = `
  create table if not exists flows (agent varchar, sequence bigint, item integer,
    ${textColumns.map((name) => `${name} varchar`).join(', ')},
    ${numberColumns.map((name) => `${name} bigint`).join(', ')},
    ${flagColumns.map((name) => `${name} boolean`).join(', ')});
  create table if not exists batches (agent varchar, sequence bigint);
  create table if not exists sealed (day bigint, file varchar)`;

type Opened = {
  readonly instance: DuckDBInstance;
  readonly writer: DuckDBConnection;
  /** Apart from the writer, so that a long query holds up no acknowledgement. */
  readonly reader: DuckDBConnection;
};

/**
 * The DuckDB file and nothing else. Opens itself at the first use, and again after a fatal error.
 *
 * INVARIANT: rows of a batch and its (agent, sequence) are made durable in one transaction.
 * INVARIANT: a turn of the writer may wait for the reader, never the other way round.
 */
export class FlowStore {
  readonly #options: StoreOptions;
  readonly #chunk = DuckDBDataChunk.create(flowTypes);
  readonly #writes = new Turns();
  readonly #reads = new Turns();
  #opened: Opened | null = null;
  #broken = false;

  constructor(options: StoreOptions) {
    this.#options = options;
  }

  get directory(): string {
    return this.#options.directory;
  }

  async lastSequences(): Promise<Map<string, number>> {
    const rows = await this.rows({
      sql: 'select agent, max(sequence)::double as top from batches group by agent',
      values: [],
    });
    return new Map(rows.map(({ agent, top }) => [String(agent), Number(top)]));
  }

  /** All of them or none. */
  append(batches: readonly StoredBatch[]): Promise<void> {
    return this.transaction(async (connection) => {
      await appendTo(connection, 'flows', (appender) => {
        for (const batch of batches) appendRows(appender, this.#chunk, batch);
      });
      await appendTo(connection, 'batches', (appender) => {
        for (const { agent, sequence } of batches) {
          appender.appendVarchar(agent);
          appender.appendBigInt(BigInt(sequence));
          appender.endRow();
        }
      });
    });
  }

  /**
   * `committed` is called when no query can run between the commit and it: for what queries must see change at once
   * with the rows. The transaction then waits for the query that is running.
   */
  transaction<T>(work: (connection: DuckDBConnection) => Promise<T>, committed?: () => void): Promise<T> {
    return this.write(async (connection) => {
      await connection.run('begin transaction');
      try {
        const result = await work(connection);
        const commit = () => connection.run('commit').then(committed);
        await (committed === undefined ? commit() : this.#reads.take(commit));
        return result;
      } catch (thrown) {
        // A failed commit has rolled back already; what counts is that nothing stays open.
        await connection.run('rollback').catch(() => null);
        throw thrown;
      }
    });
  }

  async write<T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    await this.#ensureOpen();
    return this.#writes.take(() => this.#use('writer', work));
  }

  /** The query is made when its turn comes. */
  async rows(query: Query | (() => Query)): Promise<Record<string, unknown>[]> {
    await this.#ensureOpen();
    return this.#reads.take(() =>
      this.#use('reader', async (connection) => {
        const { sql, values } = typeof query === 'function' ? query() : query;
        const result = await connection.runAndReadAll(sql, [...values]);
        return result.getRowObjectsJS();
      }),
    );
  }

  close(): Promise<void> {
    return this.#writes.take(() => this.#reads.take(async () => this.#closeNow()));
  }

  async #use<T>(which: 'writer' | 'reader', work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
    if (this.#opened === null) throw new Error('the database has been closed');
    try {
      return await work(this.#opened[which]);
    } catch (thrown) {
      this.#broken ||= isFatal(thrown);
      throw thrown;
    }
  }

  async #ensureOpen(): Promise<void> {
    if (this.#opened !== null && !this.#broken) return;
    await this.#writes.take(() =>
      this.#reads.take(async () => {
        if (this.#opened !== null && !this.#broken) return;
        this.#closeNow();
        this.#opened = await openDatabase(this.#options);
        this.#broken = false;
      }),
    );
  }

  #closeNow(): void {
    const opened = this.#opened;
    this.#opened = null;
    opened?.writer.closeSync();
    opened?.reader.closeSync();
    opened?.instance.closeSync();
  }
}

async function openDatabase({ directory, memoryLimit }: StoreOptions): Promise<Opened> {
  mkdirSync(join(directory, 'sealed'), { recursive: true, mode: 0o700 });
  const instance = await DuckDBInstance.create(join(directory, 'flows.duckdb'), {
    memory_limit: `${memoryLimit}MiB`,
    threads: '1',
    temp_directory: join(directory, 'spill'),
    max_temp_directory_size: '1GiB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  });
  try {
    const writer = await instance.connect();
    // The process runs as root: a query must not reach files outside the store, nor undo these settings.
    await writer.run(`set allowed_directories = ['${quoted(directory)}']`);
    await writer.run('set enable_external_access = false');
    await writer.run(schema);
    await writer.run('set lock_configuration = true');
    return { instance, writer, reader: await instance.connect() };
  } catch (thrown) {
    instance.closeSync();
    throw thrown;
  }
}

/** For the few places where SQL takes no parameter. */
export const quoted = (text: string): string => text.replaceAll("'", "''");

async function appendTo(
  connection: DuckDBConnection,
  table: string,
  fill: (appender: DuckDBAppender) => void,
): Promise<void> {
  const appender = await connection.createAppender(table);
  try {
    fill(appender);
  } finally {
    appender.closeSync();
  }
}

/** Through one chunk that is filled again and again: its memory is the database's and only goes with the chunk. */
function appendRows(appender: DuckDBAppender, chunk: DuckDBDataChunk, { agent, sequence, columns }: StoredBatch): void {
  const values = columnValues(columns);
  for (let start = 0; start < columns.rows; start += chunkRows) {
    const size = Math.min(chunkRows, columns.rows - start);
    chunk.reset();
    chunk.setColumns([
      Array<string>(size).fill(agent),
      Array<bigint>(size).fill(BigInt(sequence)),
      Array.from({ length: size }, (_, index) => start + index),
      ...values.map((column) => column.slice(start, start + size)),
    ]);
    appender.appendDataChunk(chunk);
  }
}
