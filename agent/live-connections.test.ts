import assert from 'node:assert/strict';
import test from 'node:test';
import type { Failure } from '@bulkhead/enforce/back-end.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { parseFlowLine } from '@bulkhead/sensors/conntrack/flow-line.ts';
import { fakeFiles } from '@bulkhead/sensors/procfs/file-tree.ts';
import type { Connections, Endings, SocketName } from './connections.ts';
import { LiveConnections } from './live-connections.ts';
import { silentLog } from './log.ts';
import { Problems } from './problems.ts';
import { ruleset } from './testkit/rulesets.ts';

const flow = (peer: string, port: number) =>
  `6 ${peer} 10.0.0.9 ${port} 8080 10.0.0.9 ${peer} 8080 ${port} 1 18e 60 3 0`;
const refused: Failure = { kind: 'failed', code: 'enforce-refused', message: 'Cannot run "bulkhead-helper": no' };

/** A host with one connection of 10.0.1.11, which the sample ruleset allows, and two of 10.0.1.12. */
function host() {
  const asked: { sockets: readonly SocketName[]; namespace: string | null }[] = [];
  let answer: (count: number) => Endings = (ended) => ({ ended, absent: 0, failed: 0, why: null });
  let failure: Failure | null = null;
  const connections: Connections = {
    flows: async (visit) => {
      for (const text of [flow('10.0.1.11', 1), flow('10.0.1.12', 2), flow('10.0.1.12', 3)]) {
        const line = parseFlowLine(text);
        if (line?.kind === 'flow') visit(line.flow);
      }
      return failure ?? { kind: 'done', value: { whole: true } };
    },
    clearMarks: async () => assert.fail('nobody asked for it'),
    end: async (sockets, namespace) => {
      asked.push({ sockets, namespace });
      return { kind: 'done', value: answer(sockets.length) };
    },
  };
  const problems = new Problems(silentLog);
  const hostAddresses = () => ['127.0.0.1', '10.0.0.9', 'no address'];
  const flows = { connections, reversed: 0x8000, unswept: () => null, marks: async () => assert.fail('nobody asked') };
  const files = fakeFiles({
    '/proc/self/ns/net': '-> net:[1]',
    '/proc/7/ns/net': '-> net:[2]',
    '/proc/7/net/fib_trie': '|-- 10.0.0.9\n   /32 host LOCAL\n',
  });
  const live = new LiveConnections({ flows, problems, log: silentLog, hostAddresses, files });
  return {
    live,
    asked,
    problems,
    answers: (next: typeof answer) => {
      answer = next;
    },
    fails: (next: Failure | null) => {
      failure = next;
    },
  };
}

test('exactly the connections that the ruleset denies are ended', async () => {
  const { live, asked } = host();
  await live.endDenied(ruleset(2));
  const peers = asked.flatMap(({ sockets }) => sockets.map(({ peer, peerPort }) => `${peer} ${peerPort}`));
  assert.deepEqual([peers, asked[0]?.namespace], [['10.0.1.12 2', '10.0.1.12 3'], null]);
  assert.equal(live.ended, 2);
});

test('of a guest, in the namespace that has its addresses', async () => {
  const { live, asked } = host();
  const { content, ...numbers } = ruleset(2, []);
  const guest = (text: string) => ({ ...numbers, content: { ...content, local: [text as Address] } });
  await live.endDenied(guest('10.0.0.8'));
  assert.equal(asked.length, 0, 'there is no such namespace, and no such flow');
  await live.endDenied(guest('10.0.0.9'));
  assert.deepEqual(
    asked.map(({ sockets, namespace }) => [sockets.length, namespace]),
    [[3, '7']],
  );
});

test('what could not be ended is a problem of the host until it could', async () => {
  const { live, problems, answers, fails } = host();
  answers((count) => ({ ended: 0, absent: 0, failed: count, why: 'Operation not supported' }));
  await live.endDenied(ruleset(2));
  assert.match(problems.texts().join(), /2 connections that generation 2 denies hang: Operation not supported/);
  answers((ended) => ({ ended, absent: 0, failed: 0, why: null }));
  await live.endDenied(ruleset(3));
  assert.deepEqual(problems.texts(), []);
  fails(refused);
  await live.endDenied(ruleset(4));
  assert.match(problems.texts().join(), /generation 4 denies hang instead of ending: Cannot run/);
});
