import { chmodSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { type Operations, Refusal, type Request } from './operations.ts';

const lineLimit = 1_000_000;

/** How far the estate is; whoever asks with `ready` hears every step, the ones before it included. */
export class Startup {
  readonly #steps: string[] = [];
  readonly #listeners = new Set<Socket>();
  #ended: string | null = null;

  say(progress: string): void {
    this.#steps.push(progress);
    for (const socket of this.#listeners) send(socket, { progress });
  }

  end(result: object): void {
    this.#ended = `${JSON.stringify(result)}\n`;
    for (const socket of this.#listeners) socket.write(this.#ended);
  }

  follow(socket: Socket): void {
    for (const progress of this.#steps) send(socket, { progress });
    if (this.#ended !== null) socket.write(this.#ended);
    else this.#listeners.add(socket);
    socket.on('close', () => this.#listeners.delete(socket));
  }

  get ended(): boolean {
    return this.#ended !== null;
  }
}

/**
 * The lab's control socket: JSON lines, root only. Each request line gets `{"ok":true,"result":...}` or
 * `{"ok":false,"problem":{code,message}}`. `ready` answers when the estate is up, with `{"progress":...}` lines before,
 * and the connection then stays open until the estate ends. `down` ends it.
 */
export function serveControl(path: string, operations: Operations, startup: Startup): Promise<Server> {
  const server = createServer((socket) => serveClient(socket, operations, startup));
  const mask = process.umask(0o177);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      process.umask(mask);
      chmodSync(path, 0o600);
      resolve(server);
    });
  });
}

function serveClient(socket: Socket, operations: Operations, startup: Startup): void {
  let pending = '';
  socket.on('error', () => {});
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    pending += chunk;
    if (pending.length > lineLimit) {
      socket.destroy();
      return;
    }
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) void serveLine(socket, line, operations, startup);
  });
}

async function serveLine(socket: Socket, line: string, operations: Operations, startup: Startup): Promise<void> {
  try {
    const request = parseRequest(line);
    if (request.op === 'ready') return startup.follow(socket);
    if (request.op === 'down') {
      socket.end(answer({ stopping: true }), () => process.exit(0));
      return;
    }
    if (!startup.ended) throw new Refusal('lab-starting', `Cannot do "${request.op}" yet: the lab is starting`);
    socket.write(answer(await operations(request)));
  } catch (error) {
    const code = error instanceof Refusal ? error.code : 'lab-failed';
    const message = error instanceof Error ? error.message : String(error);
    send(socket, { ok: false, problem: { code, message } });
  }
}

function parseRequest(line: string): Request {
  let value: unknown = null;
  try {
    value = JSON.parse(line);
  } catch {
    // Answered below, like any other line that is no request.
  }
  if (typeof value === 'object' && value !== null && 'op' in value && typeof value.op === 'string')
    return value as Request;
  throw new Refusal('lab-request', 'Cannot read the request: a JSON object with "op" is needed');
}

const answer = (result: unknown): string => `${JSON.stringify({ ok: true, result })}\n`;
const send = (socket: Socket, what: object): void => void socket.write(`${JSON.stringify(what)}\n`);
