import type { Socket } from 'node:net';
import { openConnection, readUntil } from './connection.ts';

/**
 * The little of PostgreSQL's protocol 3.0 that the lab needs: log in without a password, one simple query at a time,
 * rows as text. A server that asks for a password, and any error it reports, rejects.
 */
export async function openDatabase(host: string): Promise<Socket> {
  const socket = await openConnection(host, 5432);
  const parameters = Buffer.from('user\0postgres\0database\0postgres\0\0');
  const head = Buffer.alloc(8);
  head.writeInt32BE(8 + parameters.length, 0);
  head.writeInt32BE(196608, 4);
  socket.write(Buffer.concat([head, parameters]));
  await readUntil(socket, readyRows);
  return socket;
}

export function query(socket: Socket, sql: string): Promise<string[][]> {
  socket.write(message('Q', Buffer.from(`${sql}\0`)));
  return readUntil(socket, readyRows);
}

export function closeDatabase(socket: Socket): void {
  socket.end(message('X', Buffer.alloc(0)));
}

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 0);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

/** All rows once `ReadyForQuery` has come; null before that. */
function readyRows(received: Buffer): string[][] | null {
  const rows: string[][] = [];
  for (let at = 0; at + 5 <= received.length; ) {
    const type = String.fromCharCode(received[at] ?? 0);
    const end = at + 1 + received.readInt32BE(at + 1);
    if (end > received.length) return null;
    const body = received.subarray(at + 5, end);
    if (type === 'E') throw new Error(`database: ${body.toString('utf8').split('\0').at(-3)?.slice(1)}`);
    if (type === 'R' && body.readInt32BE(0) !== 0) throw new Error('database asks for a password');
    if (type === 'D') rows.push(readRow(body));
    if (type === 'Z') return rows;
    at = end;
  }
  return null;
}

function readRow(body: Buffer): string[] {
  const row: string[] = [];
  for (let column = 0, at = 2; column < body.readInt16BE(0); column++) {
    const length = Math.max(body.readInt32BE(at), 0);
    row.push(body.toString('utf8', at + 4, at + 4 + length));
    at += 4 + length;
  }
  return row;
}
