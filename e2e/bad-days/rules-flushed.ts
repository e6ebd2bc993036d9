import { silentAfter } from './controller-gone.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';

const ways = [
  'flush ruleset',
  'delete table inet bulkhead',
  'flush chain inet bulkhead input',
  'insert rule inet bulkhead input accept',
];

export async function rulesFlushed({ estate, check, say }: Day): Promise<void> {
  await estate.open(['client-1', 'server-1'], policy(80));
  const [client, server] = [estate.host('client-1'), estate.host('server-1')];
  const place = { to: server.address, port: 80 };
  check('a connection is held', (await client.hold('old', 1, place)) === 1);
  for (const way of ways) {
    await estate.expect('before', 'silent', 'world server-1 22');
    server.inside(`nft '${way}'`);
    const seconds = await silentAfter(() => estate.connect('world server-1 22'));
    check(`nft ${way}: what is denied passes for ${seconds.toFixed(1)} s at most`, seconds < 3, seconds);
    await estate.expect('after', 'open', 'client-1 server-1 80');
  }
  check('a connection that is allowed went on', (await client.flow('old')) === 1);
  await client.release('old');
  server.inside(`nft 'flush ruleset'`);
  const crept = await estate.host('client-1').hold('crept', 1, { to: server.address, port: 80 });
  check('who is allowed comes in while nothing is held', crept === 1);
  await estate.allProven();
  check('and stays', (await client.flow('crept')) === 1);
  const said = await estate.says('server-1', /^The kernel's rules were changed by somebody else/);
  check('the host says that somebody changed them, and with what', said.includes('nft'), said);
  say(`the host says: ${said}`);
}
