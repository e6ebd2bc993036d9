import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { openConnection, readUntil } from './connection.ts';
import { failureWord } from './edge-line.ts';
import { openDatabase, query } from './postgres-client.ts';
import { command } from './redis-client.ts';

/**
 * Holds one connection open (arguments: address, port) and, for each line on stdin, asks the server something over it.
 * Answers `{"flows":true}` or `{"flows":false,"detail":...}`, the first line being about the opening.
 */
const [address = '', port = ''] = process.argv.slice(2);
const patience = 1500;

try {
  const socket = port === '5432' ? await openDatabase(address) : await openConnection(address, Number(port));
  socket.setTimeout(0);
  socket.on('error', () => {});
  say({ flows: true });
  for await (const _ of createInterface({ input: process.stdin })) say(await check(socket));
  socket.destroy();
} catch (error) {
  say({ flows: false, detail: failureWord(error) });
}
process.exit();

async function check(socket: Socket): Promise<object> {
  if (socket.destroyed) return { flows: false, detail: 'closed' };
  const silence = new Promise<never>((_, reject) => setTimeout(() => reject(new Error('silence')), patience).unref());
  try {
    await Promise.race([ask(socket), silence]);
    return { flows: true };
  } catch (error) {
    return { flows: false, detail: failureWord(error) };
  }
}

async function ask(socket: Socket): Promise<unknown> {
  if (port === '5432') return query(socket, 'select 1');
  if (port === '6379') return command(socket, 'PING');
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${address.includes(':') ? `[${address}]` : address}\r\n\r\n`);
  return readUntil(socket, (received) => (received.includes('HTTP/1.1 ') ? true : null));
}

function say(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`);
}
