import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ran } from '../testkit.ts';

/** `GET /status` to its answer; `status` other than 200 where it is given. Queries are left out of the key. */
export type Answers = Readonly<Record<string, { readonly status?: number; readonly body: unknown } | unknown[]>>;

export type Asked = { readonly method: string; readonly path: string; readonly body: string };

/**
 * A controller that says what a test tells it and remembers what it was asked. An array is answered one item after
 * the other, the last one for ever.
 */
export class FakeController {
  readonly directory = mkdtempSync(join(tmpdir(), 'bulkhead-cli-'));
  readonly asked: Asked[] = [];
  private readonly server: Server;
  private readonly answers: Answers;
  private readonly given = new Map<string, number>();

  constructor(answers: Answers) {
    this.answers = answers;
    this.server = createServer(async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const path = (request.url ?? '').replace('/api/v1', '');
      this.asked.push({ method: request.method ?? '', path, body });
      const { status, text } = this.answer(`${request.method} ${path.split('?')[0]}`);
      response.writeHead(status, { 'content-type': 'application/json' }).end(text);
    });
  }

  private answer(key: string): { readonly status: number; readonly text: string } {
    const known = this.answers[key];
    if (known === undefined) {
      const body = { code: 'not-found', detail: `Cannot find ${key}: there is none of that name` };
      return { status: 404, text: JSON.stringify(body) };
    }
    if (!Array.isArray(known)) {
      const { status = 200, body } = known as { status?: number; body: unknown };
      return { status, text: body === undefined ? '' : JSON.stringify(body) };
    }
    const turn = this.given.get(key) ?? 0;
    this.given.set(key, turn + 1);
    return { status: 200, text: JSON.stringify(known[Math.min(turn, known.length - 1)]) };
  }

  /** Runs `./bulkhead` against this controller while it answers. */
  async run(words: readonly string[]): Promise<Ran> {
    return this.answering(() => runBulkhead([...words, '--data', this.directory]));
  }

  /** Answers on `directory` while something else is done. */
  async answering<T>(work: () => Promise<T>): Promise<T> {
    await new Promise<void>((resolve) => this.server.listen(join(this.directory, 'control.sock'), resolve));
    try {
      return await work();
    } finally {
      this.server.closeAllConnections();
      this.server.close();
      rmSync(this.directory, { recursive: true });
    }
  }
}

function runBulkhead(words: readonly string[]): Promise<Ran> {
  const program = join(import.meta.dirname, '../../bulkhead');
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', NO_COLOR: '1' };
  return new Promise((resolve) => {
    const child = execFile(program, words, { env, timeout: 20_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : child.exitCode, stdout, stderr });
    });
    child.stdin?.end();
  });
}
