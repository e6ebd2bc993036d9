import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Request } from './operations.ts';
import { controlSocket } from './site.ts';

export type Reply =
  | { readonly ok: true; readonly result: unknown }
  | { readonly ok: false; readonly problem: { readonly code: string; readonly message: string } };

/** Null when no lab answers in that run directory. */
export function openControl(run: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connect(controlSocket(run));
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

/** Sends one request; `onProgress` hears the lines before the answer. Null when the connection ends without one. */
export async function ask(
  socket: Socket,
  request: Request,
  onProgress?: (text: string) => void,
): Promise<Reply | null> {
  socket.on('error', () => {});
  socket.write(`${JSON.stringify(request)}\n`);
  return new Promise((resolve) => {
    const lines = createInterface({ input: socket });
    socket.once('close', () => resolve(null));
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const value = JSON.parse(line) as Reply | { readonly progress: string };
      if ('progress' in value) onProgress?.(value.progress);
      else resolve(value);
    });
  });
}

/** One request and its answer on a connection of its own; null when no lab answers. */
export async function askOnce(run: string, request: Request): Promise<Reply | null> {
  const socket = await openControl(run);
  if (socket === null) return null;
  const reply = await ask(socket, request);
  socket.destroy();
  return reply;
}
