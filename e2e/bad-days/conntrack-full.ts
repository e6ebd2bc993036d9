import { product, until } from '../scenario.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';

/** What the machine's limit is lowered to for this day (conntrack-limit.ts). */
export const fewFlows = 1200;

export async function conntrackFull({ estate, check, say }: Day): Promise<void> {
  await estate.open(['client-1', 'server-1'], policy(80, 443));
  const [client, server] = [estate.host('client-1'), estate.host('server-1')];
  const most = Number(server.inside('cat /proc/sys/net/netfilter/nf_conntrack_max'));
  check(`this kernel tracks ${fewFlows} flows at most`, most === fewFlows, most);
  const before = await client.hold('before', 20, { to: server.address, port: 443 });
  const filled = await client.hold('filling', fewFlows + 100, { to: server.address, port: 80 });
  const tracked = Number(client.inside('cat /proc/sys/net/netfilter/nf_conntrack_count'));
  check(`the table is full: ${tracked} flows`, filled > fewFlows / 2 && tracked >= fewFlows - 2, { filled, tracked });
  await estate.expect('full', 'silent', 'client-1 server-1 80', 'client-1 server-1 443');
  await estate.expect('full', 'silent', 'client-1 server-1 22', 'world server-1 443');
  check('connections from before go on', before === 20 && (await client.flow('before')) === before);
  check('and so do those that filled it', (await client.flow('filling', 10_000)) === filled);
  const said = await estate.says('client-1', /^Connection tracking is (nearly )?full/);
  say(`the host says: ${said}`);
  const full = await estate.says('client-1', /the kernel dropped \d+ packets of new connections/).catch(() => '');
  if (full === '') await dropMore();
  const change = await estate.provisionRan(policy(80), 60);
  check(
    'a change that takes something away is taken back: the host cannot reach anything anew',
    change.code === 1,
    change,
  );
  const back = await estate.says('client-1', /^rolled back: /);
  say(`the host says: ${back}`);
  check('connections go on after that', (await client.flow('before', 5000)) === before);
  await product(['isolate', 'server-1', '--yes', '--json', ...estate.online], { seconds: 120 });
  check('an isolation cuts what exists, full or not', (await client.flow('before', 1000)) === 0);
  check('all of it', (await client.flow('filling', 1000)) === 0);
  for (const name of ['filling', 'before']) await client.release(name);
  await product(['release', 'server-1', '--json', ...estate.online], { seconds: 120 });
  const began = Date.now();
  const passes = async () => ((await estate.connect('client-1 server-1 80')) === 'open' ? true : null);
  await until('new connections to pass', passes, { seconds: 150 });
  say(`new connections pass ${((Date.now() - began) / 1000).toFixed(1)} s after the others have ended`);
  await estate.provision(policy(80));
  await estate.allProven();
  await estate.expect('with room again', 'silent', 'client-1 server-1 443', 'client-1 server-1 22');

  /** Each attempt is dropped by the kernel, and counted there. */
  async function dropMore(): Promise<void> {
    for (let i = 0; i < 10; i++) await estate.connect('client-1 server-1 80');
    const text = await estate.says('client-1', /the kernel dropped \d+ packets of new connections/, 30);
    check('the host counts what the kernel dropped', text !== '');
  }
}
