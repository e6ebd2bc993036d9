/**
 * A process with sockets inside one network namespace, told what to do by lines of JSON on standard input: servers that
 * echo and can speak first, clients that ask and listen. It ends when its input does.
 */
import { createSocket, type Socket as Datagrams } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

export type Order =
  | { readonly do: 'serve'; readonly protocol: 'tcp' | 'udp'; readonly address: string; readonly port: number }
  | {
      readonly do: 'open';
      readonly name: string;
      readonly protocol: 'tcp' | 'udp';
      readonly from: string;
      /** Absent: any port of clients; of datagrams always. */
      readonly fromPort?: number;
      readonly to: string;
      readonly port: number;
      readonly patience?: number;
    }
  /** Sends one byte and waits for it to come back. */
  | { readonly do: 'ask'; readonly name: string; readonly patience?: number }
  /** Sends this text and waits for it to come back. */
  | { readonly do: 'say'; readonly name: string; readonly text: string; readonly patience?: number }
  /** Every server writes one byte to everybody it knows, or this text where it has connections. */
  | { readonly do: 'push'; readonly text?: string }
  /** Every server and every connection ends. */
  | { readonly do: 'end' }
  /** Whether anything came since the last order about this client. */
  | { readonly do: 'heard'; readonly name: string; readonly patience?: number };
export type Numbered = { readonly number: number; readonly order: Order };
/** `error`: a code of the system, for example ECONNREFUSED. */
export type Reply = { readonly number: number; readonly ok: boolean; readonly error: string | null };

/** Milliseconds: on one machine an answer takes less than one. */
const usualPatience = 400;

type Client = { readonly send: (text?: string) => void; heard: number; error: string | null };
const clients = new Map<string, Client>();
const pushes: ((text: string) => void)[] = [];
const endings: (() => void)[] = [];

type Result = Omit<Reply, 'number'>;
const yes: Result = { ok: true, error: null };

function obey(order: Order): Promise<Result> {
  if (order.do === 'serve') return order.protocol === 'tcp' ? serveTcp(order) : serveUdp(order);
  if (order.do === 'open') return order.protocol === 'tcp' ? openTcp(order) : openUdp(order);
  if (order.do === 'push') {
    for (const push of pushes) push(order.text ?? 'p');
    return Promise.resolve(yes);
  }
  if (order.do === 'end') {
    for (const end of endings) end();
    for (const list of [endings, pushes]) list.length = 0;
    clients.clear();
    return Promise.resolve(yes);
  }
  const client = clients.get(order.name);
  if (client === undefined) return Promise.resolve({ ok: false, error: 'no such client' });
  if (order.do === 'ask' || order.do === 'say') {
    client.heard = 0;
    client.send(order.do === 'say' ? order.text : 'a');
  }
  return heard(client, order.patience);
}

async function heard(client: Client, patience = usualPatience): Promise<Result> {
  const deadline = performance.now() + patience;
  while (client.heard === 0 && client.error === null && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const result = { ok: client.heard > 0, error: client.error };
  client.heard = 0;
  return result;
}

type Serve = Extract<Order, { do: 'serve' }>;
type Open = Extract<Order, { do: 'open' }>;

function serveTcp({ address, port }: Serve): Promise<Result> {
  const sockets = new Set<Socket>();
  pushes.push((text) => {
    for (const socket of sockets) socket.write(text);
  });
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.setNoDelay();
    socket.on('data', (data) => socket.write(data));
    socket.on('error', () => sockets.delete(socket));
  });
  endings.push(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve(yes));
  });
}

const datagrams = (address: string): Datagrams => createSocket(address.includes(':') ? 'udp6' : 'udp4');

function serveUdp({ address, port }: Serve): Promise<Result> {
  const socket = datagrams(address);
  const known = new Map<string, { port: number; address: string }>();
  socket.on('message', (data, from) => {
    known.set(`${from.address} ${from.port}`, from);
    socket.send(data, from.port, from.address);
  });
  // A packet that our own rules drop is EPERM at the sender: the client will say that nothing came.
  pushes.push(() => {
    for (const from of known.values()) socket.send('p', from.port, from.address, () => undefined);
  });
  socket.on('error', () => undefined);
  endings.push(() => socket.close());
  return new Promise((resolve) => socket.bind(port, address, () => resolve(yes)));
}

function openTcp({ name, from, fromPort, to, port, patience = usualPatience }: Open): Promise<Result> {
  const socket = connect({
    host: to,
    port,
    localAddress: from,
    ...(fromPort !== undefined && { localPort: fromPort }),
  });
  const client: Client = { send: (text = 'a') => socket.write(text), heard: 0, error: null };
  endings.push(() => socket.destroy());
  socket.setNoDelay();
  socket.on('data', () => client.heard++);
  return new Promise((resolve) => {
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), patience);
    socket.on('error', (error: NodeJS.ErrnoException) => {
      client.error = error.code ?? error.message;
      clearTimeout(timer);
      resolve({ ok: false, error: client.error });
    });
    socket.once('connect', () => {
      clearTimeout(timer);
      clients.set(name, client);
      resolve(yes);
    });
  });
}

/** Opening costs a packet: a datagram client is open once it was answered, or refused. */
function openUdp({ name, from, to, port, patience }: Open): Promise<Result> {
  const socket = datagrams(to);
  const client: Client = { send: (text = 'a') => socket.send(text, noteError), heard: 0, error: null };
  const noteError = (error: NodeJS.ErrnoException | null) => {
    if (error !== null) client.error = error.code ?? error.message;
  };
  socket.on('message', () => client.heard++);
  socket.on('error', noteError);
  clients.set(name, client);
  endings.push(() => socket.close());
  return new Promise((resolve) => {
    socket.bind(0, from, () =>
      socket.connect(port, to, () => {
        client.send();
        resolve(heard(client, patience));
      }),
    );
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { number, order } = JSON.parse(line) as Numbered;
  void obey(order).then((result) => console.log(JSON.stringify({ number, ...result } satisfies Reply)));
}
process.exit(0);
