import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../scenario.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';
import { wrapNft } from './wrapped-nft.ts';

/** Scripts that nft runs for one provision: widening, narrowing, and what each tidies up. */
const mostSteps = 8;

/** Ends the agent at every step of a change in turn, by itself before the step and behind it. */
export async function agentKilled({ estate, check, say }: Day): Promise<void> {
  const counted = join(estate.folder, 'nft-runs');
  const [at, when] = [join(estate.folder, 'kill-at'), join(estate.folder, 'kill-when')];
  for (const file of [counted, at]) writeFileSync(file, '0');
  const path = wrapNft(
    estate.folder,
    `case " $* " in *" -f "*) ;; *) exec "$nft" "$@" ;; esac
n=$(($(cat ${counted}) + 1)); echo $n > ${counted}
[ "$n" = "$(cat ${at})" ] || exec "$nft" "$@"
[ "$(cat ${when})" = before ] || "$nft" "$@"
kill -KILL $PPID`,
  );
  const env = { PATH: path };
  await estate.open(['client-1', 'server-1'], policy(80, 443), { agents: { 'server-1': { env } } });
  const server = estate.host('server-1');
  const killed: number[] = [];
  for (let step = 1; step <= mostSteps; step++) {
    const other = step % 2 === 1 ? 5432 : 443;
    const side = step % 4 < 2 ? 'before' : 'behind';
    for (const [file, text] of [
      [counted, '0'],
      [when, side],
      [at, String(step)],
    ] as const)
      writeFileSync(file, text);
    await estate.provisionRan(policy(80, other), 1);
    const ended = await until('the change to be over', () => isOver(step), { seconds: 60 });
    writeFileSync(at, '0');
    if (!ended) break;
    killed.push(step);
    await estate.expect(`killed ${side} script ${step}`, 'open', 'client-1 server-1 80');
    await estate.expect(`killed ${side} script ${step}`, 'silent', 'client-1 server-1 22');
    check('the kernel holds one ruleset or the next', server.generation !== null, server.generation);
    await server.agentEnded();
    server.startAgent({ env });
    await estate.allProven();
    await estate.expect('started again', 'open', 'client-1 server-1 80', `client-1 server-1 ${other}`);
    await estate.expect(
      'started again',
      'silent',
      'client-1 server-1 22',
      `client-1 server-1 ${other === 443 ? 5432 : 443}`,
    );
  }
  say(`the agent was killed at ${killed.length} steps of a change`);
  check('it was killed in the middle of changes', killed.length >= 4, killed);

  /** True: it was killed; false: there was no such step. */
  async function isOver(step: number): Promise<boolean | null> {
    if (Number(readFileSync(counted, 'utf8')) >= step) return true;
    return (await estate.row('server-1')).proven ? false : null;
  }
}
