import { request } from 'node:http';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { pino } from 'pino';
import { parseUpOptions } from '../options.ts';
import { type Started, start } from '../start.ts';
import { temporaryDirectory } from './temporary-directory.ts';

export type ApiAnswer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into whatever came back, and fail where it is not there
  readonly body: any;
};

export type TestController = {
  readonly directory: string;
  readonly started: Started;
  readonly api: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<ApiAnswer>;
  readonly stop: () => Promise<void>;
};

/** A whole controller in this process, on loopback and sockets of a temporary directory; stopped after the test. */
export async function testController(
  context: TestContext,
  directory = temporaryDirectory(context),
  more: readonly string[] = [],
): Promise<TestController> {
  const args = [
    '--data',
    directory,
    '--listen',
    '127.0.0.1:0',
    '--listen-agents',
    `unix:${join(directory, 'agents.sock')}`,
    // What is asked of most of them is not about waves, and should not wait for any.
    '--waves',
    'off',
    ...more,
  ];
  const options = parseUpOptions(args);
  if (typeof options === 'string') throw new Error(options);
  const started = await start(options, pino({ level: process.env.BULKHEAD_LOG ?? 'silent' }));
  let stopped: Promise<void> | null = null;
  const stop = () => (stopped ??= started.stop());
  context.after(stop);
  const api: TestController['api'] = (method, path, body, headers) =>
    controlRequest(started.controlSocket, { method, path, body, headers });
  return { directory, started, api, stop };
}

type Asked = {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string> | undefined;
};

/** One request over a control socket. A text body is sent as it is, with the headers saying what it is. */
export function controlRequest(socketPath: string, { method, path, body, headers }: Asked): Promise<ApiAnswer> {
  return new Promise((resolve, reject) => {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const type = typeof body === 'string' || body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request(
      { socketPath, method, path: `/api/v1${path}`, headers: { ...type, ...headers } },
      (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          answer += chunk;
        });
        response.on('end', () => {
          const isJson = String(response.headers['content-type']).includes('json');
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: isJson ? JSON.parse(answer) : answer,
          });
        });
      },
    );
    call.on('error', reject);
    call.end(text);
  });
}
