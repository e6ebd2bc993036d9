import type { Day } from './day.ts';
import { policy } from './estate.ts';

export async function hostRebooted({ estate, check }: Day): Promise<void> {
  await estate.open(['client-1', 'server-1', 'server-2'], policy(80, 443));
  const [client, server, lost] = [estate.host('client-1'), estate.host('server-1'), estate.host('server-2')];
  const before = server.generation;
  check('a connection is held', (await client.hold('old', 1, { to: server.address, port: 80 })) === 1);
  await server.destroy();
  await estate.provisionRan(policy(80), 20);
  await estate.allProven(['client-1', 'server-2']);
  await server.build();
  const booted = server.boot();
  check('it loads what it held before it has a network, asking nobody', booted.code === 0, booted);
  check('that is what it held', server.generation === before, [server.generation, before]);
  await server.plugIn();
  await estate.expect('booted, without its agent', 'open', 'client-1 server-1 80');
  await estate.expect('booted, without its agent', 'silent', 'client-1 server-1 22', 'world server-1 443');
  check('a connection from before is over', (await client.flow('old', 1000)) === 0);
  server.startAgent();
  await estate.allProven();
  check('with its agent it holds what came meanwhile', (server.generation ?? 0) > (before ?? 0));
  await estate.expect('in session again', 'open', 'client-1 server-1 80');
  await estate.expect('in session again', 'silent', 'client-1 server-1 443', 'client-1 server-1 22');

  await lost.destroy();
  lost.loseDisk();
  await lost.build();
  const empty = lost.boot();
  check('a host that lost its disk says that there is nothing to load', empty.code === 1, empty);
  await lost.plugIn();
  await estate.expect('without its disk it enforces nothing itself', 'open', 'world server-2 80');
  await estate.expect(
    'its peers go on enforcing at their ends',
    'silent',
    'client-1 server-2 22',
    'server-2 server-1 80',
  );
  await estate.enrol('server-2', {}, '--replace');
  await estate.allProven();
  await estate.expect('enrolled anew', 'silent', 'world server-2 80', 'client-1 server-2 443');
  await estate.expect('enrolled anew', 'open', 'client-1 server-2 80');
}
