import { createServer, type ServerResponse } from 'node:http';
import { openConnection } from './connection.ts';
import { edgeLine, failureWord } from './edge-line.ts';
import { closeDatabase, openDatabase, query } from './postgres-client.ts';
import { command } from './redis-client.ts';
import { nextFamily, resolve } from './resolve.ts';

/** The shop's API: every request takes an order, over connections of its own to the database and to the cache. */
const database = process.env.DATABASE ?? '';
const cache = process.env.CACHE ?? '';

const server = createServer((request, response) => {
  if (request.url === '/healthz') answer(response, 200, { ok: true });
  else
    takeOrder().then(
      (order) => answer(response, 200, order),
      (error) => answer(response, 500, { error: failureWord(error) }),
    );
});
server.keepAliveTimeout = 3_600_000;
server.listen(8080, '::');

async function takeOrder(): Promise<object> {
  const [orders, visits] = await Promise.all([
    database === '' ? null : counted(database, 'tcp/5432', orderCount),
    cache === '' ? null : counted(cache, 'tcp/6379', visitCount),
  ]);
  return { host: process.env.HOST, orders, visits };
}

async function counted<T>(host: string, service: string, work: (address: string) => Promise<T>): Promise<T> {
  const address = await resolve(host, nextFamily());
  try {
    const result = await work(address);
    edgeLine(host, service, 'ok');
    return result;
  } catch (error) {
    edgeLine(host, service, failureWord(error));
    throw error;
  }
}

async function orderCount(address: string): Promise<number> {
  const connection = await openDatabase(address);
  try {
    const rows = await query(connection, 'insert into orders (amount) values (1) returning id');
    return Number(rows[0]?.[0]);
  } finally {
    closeDatabase(connection);
  }
}

async function visitCount(address: string): Promise<number> {
  const connection = await openConnection(address, 6379);
  try {
    return Number(await command(connection, 'INCR', 'visits'));
  } finally {
    connection.destroy();
  }
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
