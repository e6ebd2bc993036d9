import { execFileSync } from 'node:child_process';
import type { Day } from './day.ts';
import { policy } from './estate.ts';
import { agentsPort } from './host.ts';

type Provision = {
  readonly state: string;
  readonly hosts: readonly { readonly workload: string; readonly state: string }[];
};
const away = ['server-2', 'server-3'];

/** Their packets to the controller, and its to them, are lost without a word. */
function cutOff(addresses: readonly string[]): void {
  const them = `{ ${addresses.join(', ')} }`;
  execFileSync('nft', [
    `table inet cut {
       chain in { type filter hook input priority 0; ip saddr ${them} tcp dport ${agentsPort} drop; }
       chain out { type filter hook output priority 0; ip daddr ${them} tcp sport ${agentsPort} drop; }
     }`,
  ]);
}

export async function halfAway({ estate, check, say }: Day): Promise<void> {
  await estate.open(['client-1', 'server-1', ...away], policy(80, 443));
  cutOff(away.map((name) => estate.host(name).address));
  const began = Date.now();
  const ran = await estate.provisionRan(policy(80, 5432), 90);
  const seconds = (Date.now() - began) / 1000;
  const { state, hosts } = JSON.parse(ran.stdout) as Provision;
  const late = hosts.filter((host) => host.state !== 'applied').map(({ workload }) => workload);
  check(`the command says after ${seconds.toFixed(0)} s that not all have it`, ran.code === 1, [ran.code, state]);
  check('and names the half that is away', late.sort().join() === away.join(), hosts);
  await estate.allProven(['client-1', 'server-1']);
  await estate.expect('at a host that is reached', 'open', 'client-1 server-1 80', 'client-1 server-1 5432');
  await estate.expect('at a host that is reached', 'silent', 'client-1 server-1 443', 'world server-1 80');
  await estate.expect('at a host that is away', 'open', 'client-1 server-2 80');
  await estate.expect('at a host that is away', 'silent', 'client-1 server-2 5432', 'world server-2 443');
  await estate.expect('at a host that is away, closed by its peer', 'silent', 'client-1 server-2 443');
  const rows = await Promise.all(away.map((name) => estate.row(name)));
  check(
    'hosts that are away are not shown as proven',
    rows.every(({ proven }) => !proven),
    rows,
  );
  execFileSync('nft', ['delete', 'table', 'inet', 'cut']);
  const back = Date.now();
  await estate.allProven();
  say(`both have it ${((Date.now() - back) / 1000).toFixed(1)} s after they can be reached`);
  await estate.expect('back again', 'open', 'client-1 server-2 80', 'client-1 server-3 5432');
  await estate.expect('back again', 'silent', 'client-1 server-2 443', 'world server-3 443');
}
