import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Day } from './day.ts';
import { policy } from './estate.ts';
import { wrapNft } from './wrapped-nft.ts';

/** What an older one could not read, and what the host calls it. */
const older: readonly (readonly [pattern: string, feature: string])[] = [
  ['fib [sd]addr', 'fib lookups'],
  ['flags interval', 'maps of networks'],
];

export async function olderNft({ estate, check, say }: Day): Promise<void> {
  const refuses = join(estate.folder, 'refuses');
  const path = wrapNft(
    estate.folder,
    `[ -s ${refuses} ] || exec "$nft" "$@"
for word; do file=$word; done
case " $* " in *" -f "*) if grep -Eqf ${refuses} "$file"; then
  echo 'Error: syntax error, unexpected string' >&2; exit 1
fi ;; esac`,
  );
  const env = { PATH: path };
  await estate.open(['client-1', 'server-1'], policy(80, 443), { agents: { 'server-1': { env } } });
  const server = estate.host('server-1');
  let allowed = 5432;
  for (const [pattern, feature] of older) {
    const before = server.generation;
    writeFileSync(refuses, `${pattern}\n`);
    const ran = await estate.provisionRan(policy(80, allowed), 20);
    check(`without ${feature} a change is refused, and the command says so`, ran.code === 1, ran);
    check('the kernel holds what it held', server.generation === before, [server.generation, before]);
    await estate.expect('what it holds goes on', 'open', 'client-1 server-1 80');
    await estate.expect(
      'what it holds goes on',
      'silent',
      'client-1 server-1 22',
      'world server-1 80',
      `client-1 server-1 ${allowed}` as const,
    );
    check('it is not shown as proven', !(await estate.row('server-1')).proven);
    server.killAgent();
    await server.agentEnded();
    server.startAgent({ env });
    const said = await estate.says('server-1', /^Cannot take new rules on this host/);
    check('started again the host names the feature', said.includes(feature), said);
    say(`the host says: ${said}`);
    const { capabilities } = await estate.row('server-1');
    const absent = capabilities?.absent.join('; ') ?? '';
    check('it is among what the controller shows as absent', absent.includes(`refuses ${feature}`), absent);
    await estate.expect('started again it holds what it held', 'open', 'client-1 server-1 80');
    await estate.expect('started again it holds what it held', 'silent', 'client-1 server-1 22', 'world server-1 80');
    rmSync(refuses);
    server.killAgent();
    await server.agentEnded();
    server.startAgent({ env });
    await estate.allProven();
    await estate.expect('with a newer nft it takes the change', 'open', `client-1 server-1 ${allowed}` as const);
    allowed = allowed === 5432 ? 443 : 5432;
  }
  await bootWithout();

  async function bootWithout(): Promise<void> {
    server.killAgent();
    await server.agentEnded();
    server.inside('nft delete table inet bulkhead');
    writeFileSync(refuses, 'fib\n');
    server.startAgent({ env });
    await estate.says('server-1', /Cannot run .*syntax error|Cannot restore generation/);
    await estate.expect('booted with it the host holds nothing', 'open', 'world server-1 22');
    await estate.expect('and its peers go on enforcing at their ends', 'silent', 'client-1 server-1 22');
    check('it is not shown as proven', !(await estate.row('server-1')).proven);
  }
}
