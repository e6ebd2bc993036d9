import { until } from '../scenario.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';

/** Hooks where ours are, with a port that they accept and one that they drop. */
const other = `nft -f - <<'END'
table inet other {
  chain in { type filter hook input priority -5; tcp dport 22 accept; tcp dport 443 drop; }
  chain out { type filter hook output priority -5; }
}
END`;

/** Who registered first is asked first among equals: it must not matter. */
export async function samePriority({ estate, check }: Day): Promise<void> {
  await estate.open(['client-1', 'server-1'], policy(80, 443));
  const server = estate.host('server-1');
  const judge = async (when: string) => {
    await estate.expect(when, 'open', 'client-1 server-1 80');
    await estate.expect(when, 'silent', 'client-1 server-1 22', 'world server-1 22', 'client-1 server-1 443');
  };
  server.inside(other);
  await judge('loaded after ours');
  server.killAgent();
  await server.agentEnded();
  server.inside('nft delete table inet bulkhead');
  await estate.expect('nothing of ours is held', 'open', 'world server-1 22');
  server.startAgent();
  await until('our rules', async () => (server.generation === null ? null : true));
  await estate.allProven();
  const [first] = server.inside('nft list tables').trim().split('\n');
  check('the other is loaded before ours now', first === 'table inet other', first);
  await judge('loaded before ours');
  server.inside('nft delete table inet other');
  await estate.expect('the other is gone', 'open', 'client-1 server-1 443', 'client-1 server-1 80');
  await estate.expect('the other is gone', 'silent', 'client-1 server-1 22');
}
