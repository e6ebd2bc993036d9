import { connect, createServer, type Server, type Socket } from 'node:net';

/** Passes every TCP connection to `host:port` on to a Unix socket: how agents inside the lab reach the controller. */
export function relay(host: string, port: number, path: string): Promise<Server> {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path, allowHalfOpen: true });
    tie(client, upstream);
    tie(upstream, client);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => resolve(server));
  });
}

/** An orderly end is passed on after everything before it; a failure of either side ends both. */
function tie(from: Socket, to: Socket): void {
  from.pipe(to);
  from.on('error', () => to.destroy());
  from.on('close', () => {
    if (!from.readableEnded) to.destroy();
  });
}
