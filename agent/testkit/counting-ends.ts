/**
 * Ends of many connections in one network namespace, told by one line of JSON on standard input: `listen` on a port of
 * both families, then `open` so many from each address. Says in lines when all are open and when each ends, with the
 * time; ends with its input.
 */
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export type EndsOrder = {
  readonly listen: number;
  readonly open: readonly {
    readonly from: string;
    readonly to: string;
    readonly port: number;
    readonly count: number;
  }[];
};
/** `at`: milliseconds since the epoch. `peer`, `port`: whom the connection is with, as this end sees it. */
export type EndsReport =
  | { readonly kind: 'listening' }
  | { readonly kind: 'open' }
  | {
      readonly kind: 'ended';
      readonly peer: string;
      readonly port: number;
      readonly code: string;
      readonly at: number;
    };

const say = (report: EndsReport): void => void process.stdout.write(`${JSON.stringify(report)}\n`);
const now = (): number => performance.timeOrigin + performance.now();

function watch(socket: Socket): void {
  const peer = (socket.remoteAddress ?? '').replace('::ffff:', '');
  const port = socket.remotePort ?? 0;
  socket.on('error', (error: NodeJS.ErrnoException) =>
    say({ kind: 'ended', peer, port, code: error.code ?? error.message, at: now() }),
  );
  socket.resume();
}

function open({ from, to, port }: EndsOrder['open'][number]): Promise<void> {
  const socket = connect({ host: to, port, localAddress: from });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject);
      watch(socket);
      resolve();
    });
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line) as EndsOrder;
  if (order.listen > 0) {
    const server = createServer(watch);
    await new Promise<void>((resolve) => server.listen(order.listen, '::', resolve));
    say({ kind: 'listening' });
  }
  if (order.open.length === 0) continue;
  await Promise.all(order.open.flatMap((one) => Array.from({ length: one.count }, () => open(one))));
  say({ kind: 'open' });
}
process.exit(0);
