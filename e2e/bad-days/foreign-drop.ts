import { until } from '../scenario.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';

export async function foreignDrop({ estate, check, say }: Day): Promise<void> {
  await estate.open(['client-1', 'server-1'], policy(80, 443));
  const [client, server] = [estate.host('client-1'), estate.host('server-1')];
  check('a connection is held', (await client.hold('old', 1, { to: server.address, port: 80 })) === 1);
  server.inside(`nft -f - <<'END'
table inet other {
  chain in { type filter hook input priority 0; tcp dport 80 counter drop; }
}
END`);
  await estate.expect('dropped by another', 'silent', 'client-1 server-1 80');
  await estate.expect('dropped by another', 'open', 'client-1 server-1 443');
  await estate.expect('dropped by another', 'silent', 'client-1 server-1 22');
  check('connections that exist are cut by it, too', (await client.flow('old', 1000)) === 0);
  // Who is dropped tries again, as clients do: one attempt long enough for that.
  const trying = client.connect({ to: server.address, port: 80 }, 8000);
  const said = await estate.says('server-1', /^Another firewall drops what/);
  await trying;
  check(
    'the host names who drops: table, chain and rule',
    /by the rule "tcp dport 80 counter drop" of chain in in table inet other$/.test(said),
    said,
  );
  say(`the host says: ${said}`);
  check('it is not taken for a change of ours', !(await estate.row('server-1')).problems.join().includes('put back'));
  server.inside('nft delete table inet other');
  const passes = async () => ((await estate.connect('client-1 server-1 80')) === 'open' ? true : null);
  await until('it to pass once the other is gone', passes);
  check('it passes once the other is gone', true);
}
