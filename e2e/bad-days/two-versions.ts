import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { product, repository } from '../scenario.ts';
import type { Day } from './day.ts';
import { policy } from './estate.ts';

/** The last one whose wire was as it was first numbered: no trials, guests, proofs, probes, names of domains. */
const olderCommit = '3d886266d674c441fead6f42a3f7f9e55d438d36';

/** The product as it was then, with today's packages. */
function unpackOlder(folder: string): string {
  const older = join(folder, 'older');
  mkdirSync(older);
  const script = `git -C ${repository} archive ${olderCommit} | tar --extract --directory ${older}`;
  execFileSync('bash', ['-o', 'pipefail', '-c', script]);
  const packages = join(older, 'node_modules');
  mkdirSync(join(packages, '@bulkhead'), { recursive: true });
  for (const name of readdirSync(join(repository, 'node_modules')))
    if (name !== '@bulkhead' && !name.startsWith('.'))
      symlinkSync(join(repository, 'node_modules', name), join(packages, name));
  for (const room of readdirSync(older, { withFileTypes: true }))
    if (room.isDirectory() && room.name !== 'node_modules')
      symlinkSync(join(older, room.name), join(packages, '@bulkhead', room.name));
  return older;
}

const toDomain = `---
kind: Ruleset
name: outside
rules: [{name: api, allow: [tcp/443], from: role=server, to: {name: api.example.com}}]
`;

export async function twoVersions({ estate, check, say }: Day): Promise<void> {
  const older = unpackOlder(estate.folder);
  const helper = join(repository, 'native/build/bulkhead-helper');
  const agent = { launcher: [join(older, 'bulkhead'), 'agent'], words: ['--helper', helper] };
  await estate.open(['client-1', 'server-1', 'server-2'], policy(80, 443), { agents: { 'server-1': agent } });
  const [client, server] = [estate.host('client-1'), estate.host('server-1')];
  await estate.expect('an older agent', 'open', 'client-1 server-1 80', 'client-1 server-1 443');
  await estate.expect('an older agent', 'silent', 'client-1 server-1 22', 'world server-1 80');
  check('a connection is held', (await client.hold('old', 1, { to: server.address, port: 443 })) === 1);
  await estate.provision(policy(80));
  await estate.allProven();
  await estate.expect('it takes a change that is to be tried out, at once', 'open', 'client-1 server-1 80');
  await estate.expect(
    'it takes a change that is to be tried out, at once',
    'silent',
    'world server-1 443',
    'client-1 server-1 443',
  );
  check('a connection that is denied now is cut', (await client.flow('old', 1000)) === 0);

  const before = server.generation;
  const ran = await estate.provisionRan(policy(80, 5432) + toDomain, 30);
  check('what it does not know is refused, and the command says so', ran.code === 1, ran);
  const said = await estate.says('server-1', /^Cannot /);
  say(`the host says: ${said}`);
  const held = server.generation;
  check('it holds what it held, or what opens', (held ?? 0) >= (before ?? 0), [held, before]);
  check('it is not shown as proven', !(await estate.row('server-1')).proven);
  await estate.expect('it goes on with what it holds', 'open', 'client-1 server-1 80');
  await estate.expect('it goes on with what it holds', 'silent', 'client-1 server-1 22', 'world server-1 80');
  await estate.allProven(['client-1', 'server-2']);
  await estate.expect('others take it', 'open', 'client-1 server-2 5432');
  const shown = (await estate.row('server-1')).problems.join('; ');
  check('the controller shows why, beside the host', shown.includes('Cannot'), shown);

  await product(['isolate', 'server-1', '--yes', '--json', ...estate.online]);
  await estate.expect('isolated', 'silent', 'client-1 server-1 80', 'world server-1 80');
  await product(['release', 'server-1', '--json', ...estate.online]);
  await estate.provision(policy(80, 5432));
  await estate.allProven();
  await estate.expect('without what it does not know it takes the next', 'open', 'client-1 server-1 5432');
  server.killAgent();
  await server.agentEnded();
  server.startAgent();
  await estate.allProven();
  await estate.expect(
    'brought up to date it adopts what is there',
    'open',
    'client-1 server-1 5432',
    'client-1 server-1 80',
  );
  await estate.provision(policy(80) + toDomain);
  await estate.allProven();
  await estate.expect('and takes what it did not know', 'silent', 'client-1 server-1 5432', 'client-1 server-1 22');
}
