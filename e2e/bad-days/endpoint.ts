/**
 * Runs in a host's network namespace: answers on some ports with what it is sent, and makes connections as it is told, a
 * line of JSON each way. Ends with its input.
 */
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export type State = 'open' | 'refused' | 'silent';
/** `from`: the address it comes from; absent: the host's own. */
export type Place = { readonly to: string; readonly port: number; readonly from?: string };
export type Order =
  | ({ readonly op: 'connect'; readonly milliseconds: number } & Place)
  /** Opens so many connections that stay; answers how many came about. */
  | ({ readonly op: 'hold'; readonly name: string; readonly count: number } & Place)
  /** How many of them carry a byte there and back. */
  | { readonly op: 'flow'; readonly name: string; readonly milliseconds: number }
  | { readonly op: 'close'; readonly name: string };
export type Numbered = { readonly number: number; readonly order: Order };
export type Answer = { readonly number: number; readonly value: State | number };

const held = new Map<string, Socket[]>();
/** Connections that are made at once: more would overrun the queue of who listens. */
const atOnce = 100;

function opened({ to, port, from }: Place, milliseconds: number): Promise<Socket | 'refused' | 'silent'> {
  return new Promise((resolve) => {
    const socket = connect({ host: to, port, ...(from !== undefined && { localAddress: from }) });
    const late = setTimeout(() => {
      socket.destroy();
      resolve('silent');
    }, milliseconds);
    socket.on('connect', () => {
      clearTimeout(late);
      resolve(socket);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(late);
      resolve(error.code === 'ECONNREFUSED' ? 'refused' : 'silent');
    });
  });
}

/** A connection that is closed at once. */
export async function tryOut(place: Place, milliseconds: number): Promise<State> {
  const socket = await opened(place, milliseconds);
  if (typeof socket === 'string') return socket;
  socket.destroy();
  return 'open';
}

function flows(socket: Socket, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(false), milliseconds);
    socket.once('data', () => {
      clearTimeout(late);
      resolve(true);
    });
    socket.write('x');
  });
}

async function hold({ name, count, ...place }: Extract<Order, { op: 'hold' }>): Promise<number> {
  const sockets: Socket[] = [];
  for (let made = 0; made < count; made += atOnce) {
    const some = Array.from({ length: Math.min(atOnce, count - made) }, () => opened(place, 3000));
    for (const socket of await Promise.all(some)) if (typeof socket !== 'string') sockets.push(socket);
  }
  held.set(name, sockets);
  return sockets.length;
}

async function obey(order: Order): Promise<State | number> {
  switch (order.op) {
    case 'connect':
      return tryOut(order, order.milliseconds);
    case 'hold':
      return hold(order);
    case 'flow': {
      const each = await Promise.all((held.get(order.name) ?? []).map((socket) => flows(socket, order.milliseconds)));
      return each.filter((flowed) => flowed).length;
    }
    case 'close': {
      const sockets = held.get(order.name) ?? [];
      for (const socket of sockets) socket.destroy();
      held.delete(order.name);
      return sockets.length;
    }
  }
}

function main(): void {
  const ports = process.argv.slice(2).map(Number);
  const servers = ports.map((port) =>
    createServer((socket) => {
      socket.on('error', () => {});
      socket.pipe(socket);
    }).listen({ port, host: '0.0.0.0', backlog: 511 }),
  );
  let waiting = servers.length;
  for (const server of servers) server.on('listening', () => --waiting === 0 && console.log('ready'));
  const lines = createInterface({ input: process.stdin });
  lines.on('line', async (line) => {
    const { number, order } = JSON.parse(line) as Numbered;
    console.log(JSON.stringify({ number, value: await obey(order) } satisfies Answer));
  });
  lines.on('close', () => process.exit(0));
}

if (import.meta.main) main();
