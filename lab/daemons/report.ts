import { edgeLine, failureWord } from './edge-line.ts';
import { closeDatabase, openDatabase, query } from './postgres-client.ts';
import { resolve } from './resolve.ts';

/** The batch job: reads the order book of the database once and prints its totals. */
const database = process.env.DATABASE ?? '';

try {
  const connection = await openDatabase(await resolve(database, 4));
  const [totals] = await query(connection, 'select count(*), sum(amount) from orders');
  closeDatabase(connection);
  edgeLine(database, 'tcp/5432', 'ok');
  process.stdout.write(`${totals?.[0]} orders, total ${totals?.[1]}\n`);
} catch (error) {
  edgeLine(database, 'tcp/5432', failureWord(error));
  process.exitCode = 1;
}
