import type { Socket } from 'node:net';
import { readUntil } from './connection.ts';

/** One command in RESP2; the first line of the reply, or the text of a bulk reply. An error reply rejects. */
export function command(socket: Socket, ...words: string[]): Promise<string> {
  const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
  socket.write(`*${words.length}\r\n${parts.join('')}`);
  return readUntil(socket, (received) => readReply(received.toString('utf8')));
}

function readReply(text: string): string | null {
  const end = text.indexOf('\r\n');
  if (end < 0) return null;
  const first = text.slice(1, end);
  if (text.startsWith('-')) throw new Error(`redis: ${first}`);
  if (!text.startsWith('$') || first === '-1') return first;
  const body = text.slice(end + 2);
  return Buffer.byteLength(body) >= Number(first) + 2 ? body.slice(0, -2) : null;
}
