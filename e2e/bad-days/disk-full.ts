import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { product } from '../scenario.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';

const fills = ['fill', 'fill-the-rest'];

export async function diskFull({ estate, check, say }: Day): Promise<void> {
  await estate.startController();
  await estate.addHosts('client-1', 'server-1');
  const server = estate.host('server-1');
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', server.data]);
  for (const name of ['client-1', 'server-1']) await estate.enrol(name);
  await estate.allProven();
  await estate.provision(policy(80, 443));
  await estate.allProven();
  const [first, rest] = fills.map((name) => join(server.data, name));
  spawnSync('sh', ['-c', `dd if=/dev/zero of=${first} bs=64k; dd if=/dev/zero of=${rest} bs=1`], { stdio: 'ignore' });
  const before = server.generation;
  const ran = await estate.provisionRan(policy(80), 20);
  check('a change that takes something away is refused, and the command says so', ran.code === 1, ran);
  const said = await estate.says('server-1', /room is needed/);
  say(`the host says: ${said}`);
  check('the kernel holds what allows as much as before', (server.generation ?? 0) >= (before ?? 0), server.generation);
  await estate.expect('full', 'open', 'client-1 server-1 80');
  await estate.expect('full', 'silent', 'client-1 server-1 22', 'world server-1 80');
  server.killAgent();
  await server.agentEnded();
  await estate.expect('full, and the agent killed', 'open', 'client-1 server-1 80');
  await estate.expect('full, and the agent killed', 'silent', 'client-1 server-1 22', 'world server-1 80');
  server.startAgent();
  await estate.says('server-1', /room is needed|No space|no space|ENOSPC/);
  await estate.expect('full, and the agent started again', 'open', 'client-1 server-1 80');
  await estate.expect('full, and the agent started again', 'silent', 'client-1 server-1 22', 'world server-1 80');
  await product(['isolate', 'server-1', '--yes', '--json', ...estate.online]);
  await estate.expect('full, and isolated all the same', 'silent', 'client-1 server-1 80');
  await product(['release', 'server-1', '--json', ...estate.online]);
  for (const name of fills) rmSync(join(server.data, name));
  await estate.allProven();
  await estate.expect('with room again', 'open', 'client-1 server-1 80');
  await estate.expect('with room again', 'silent', 'client-1 server-1 443', 'client-1 server-1 22');
}
