import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { answer, until } from '../scenario.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';
import { hour, passesIn } from './fast-clock.ts';

type Edge = { readonly serviceText: string; readonly state: string };
const clock = fileURLToPath(new URL('fast-clock.ts', import.meta.url));

export async function controllerGone({ estate, check, say }: Day): Promise<void> {
  const file = join(estate.folder, 'hour');
  const env = { BULKHEAD_FAST_CLOCK: file, NODE_OPTIONS: `--import=${clock}` };
  await estate.open(['client-1', 'server-1'], policy(80), { env });
  const [client, server] = [estate.host('client-1'), estate.host('server-1')];
  const place = { to: server.address, port: 80 };
  check('a connection is held', (await client.hold('old', 1, place)) === 1);
  await estate.killController();
  const began = Date.now();
  writeFileSync(file, String(began));
  await estate.expect('the controller is gone', 'open', 'client-1 server-1 80');
  await estate.expect('the controller is gone', 'silent', 'client-1 server-1 22', 'client-1 server-1 443');
  server.killAgent();
  await server.agentEnded();
  server.startAgent({ env });
  server.inside('nft flush ruleset');
  const seconds = await silentAfter(() => client.connect({ to: server.address, port: 22 }, 150));
  check(`rules that somebody flushes are back, here after ${seconds.toFixed(1)} s`, seconds < 5, seconds);
  let rounds = 0;
  while (Date.now() < began + passesIn) {
    const [allowed, denied] = [
      await estate.connect('client-1 server-1 80'),
      await estate.connect('client-1 server-1 22'),
    ];
    if (allowed !== 'open' || denied !== 'silent') check('all through the hour', false, { rounds, allowed, denied });
    rounds++;
  }
  say(`an hour has passed in ${passesIn / 1000} s, with ${rounds} looks`);
  check('all through the hour what is allowed passes, and what is denied does not', rounds > 5, rounds);
  check('a connection from before it goes on', (await client.flow('old')) === 1);
  await estate.startController();
  const back = Date.now();
  await estate.allProven();
  say(`both hosts are proven ${((Date.now() - back) / 1000).toFixed(1)} s after the controller answers`);
  const from = new Date(began - hour + 60_000).toISOString();
  const edges = await until('reports of the hour', async () => {
    const found = await answer<Edge[]>(['flows', '--since', from, ...estate.online]);
    return found.some(({ serviceText }) => serviceText === 'tcp/22') ? found : null;
  });
  const denied = edges.filter(({ serviceText, state }) => serviceText === 'tcp/22' && state === 'denied');
  check('what was denied in the hour is reported after it', denied.length > 0, edges);
}

/** Seconds until it is silent. */
export async function silentAfter(connect: () => Promise<string>): Promise<number> {
  const started = performance.now();
  while ((await connect()) !== 'silent') if (performance.now() - started > 60_000) break;
  return (performance.now() - started) / 1000;
}
