import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { encodeAgentMessage } from '@bulkhead/wire/control.ts';
import { encodeFlowBatch } from '@bulkhead/wire/flow-batch.ts';
import { type AgentMessage, wireVersion } from '@bulkhead/wire/messages.ts';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../testkit/eventually.ts';
import { Hosts } from './hosts.ts';
import { AgentSession, type SessionParts } from './session.ts';

const capabilities = { level: 'no process', absent: [] } as const;
const hello: AgentMessage = { kind: 'hello', wire: wireVersion, agent: 'web-1', held: null, capabilities };
const inventory: AgentMessage = {
  kind: 'inventory',
  inventory: { hostname: 'web-1', kernel: 'k', system: 's', addresses: [], listeners: [] },
};

/** A session over a socket without TLS. The history answers the first question when `answer` is called. */
async function session(context: TestContext, change: Partial<SessionParts> = {}) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const handled: string[] = [];
  const asked: string[] = [];
  const refused: string[] = [];
  const hosts = new Hosts(Date.now, () => {});
  const parts: SessionParts = {
    hosts,
    ingest: {
      begin: (workload) => {
        asked.push(workload);
        return promise.then(() => 0);
      },
      add: async () => {
        handled.push('batch');
        return null;
      },
    },
    certificate: '',
    handlers: {
      hello: async () => {
        handled.push('hello');
        return null;
      },
      message: async (_link, { kind }) => {
        handled.push(kind);
        return null;
      },
    },
    unfit: () => null,
    refused: ({ code }) => refused.push(code),
    broken: (error) => refused.push(String(error)),
    ...change,
  };
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  context.after(async () => {
    for (const client of server.clients) client.terminate();
    server.close();
    await once(server, 'close');
  });
  const agent = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [socket] = (await once(server, 'connection')) as [WebSocket];
  new AgentSession(socket, 'web-1', parts).run();
  if (agent.readyState !== agent.OPEN) await once(agent, 'open');
  const say = (message: AgentMessage) => agent.send(encodeAgentMessage(message));
  return { agent, socket, say, hosts, handled, asked, refused, answer: resolve };
}

test('a slow disk is no missing hello', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const { say, hosts, asked, refused, answer } = await session(context);
  say(hello);
  while (asked.length === 0) await setImmediate();
  context.mock.timers.tick(20_000);
  context.mock.timers.reset();
  answer();
  await eventually('the host to be connected', () => hosts.link('web-1'));
  assert.deepEqual(refused, []);
});

test('what comes after a refusal is not taken', async (context) => {
  const { agent, socket, say, hosts, handled, refused, answer } = await session(context);
  answer();
  const closed = once(socket, 'close');
  agent.send('{');
  say(hello);
  say(inventory);
  agent.send(encodeFlowBatch({ sequence: 1, reports: [] }));
  await closed;
  assert.deepEqual([refused, handled, hosts.connected()], [['wire-malformed'], [], []]);
});

test('a session that was replaced or revoked says nothing any more, though its peer keeps it open', async (context) => {
  const { agent, say, hosts, handled, answer } = await session(context);
  answer();
  say(hello);
  await eventually('the host to be connected', () => hosts.link('web-1'));
  const heard: string[] = [];
  agent.on('message', (data) => heard.push(String(data)));
  hosts.forget('web-1', 'certificate-revoked', 'Cannot go on');
  say(hello);
  say(inventory);
  agent.send(encodeFlowBatch({ sequence: 1, reports: [] }));
  await once(agent, 'close');
  assert.deepEqual([handled, hosts.connected(), heard.length], [['hello'], [], 1]);
});

test('an agent that went away while its hello was looked at is not connected', async (context) => {
  const { agent, socket, say, hosts, handled, asked, answer } = await session(context);
  say(hello);
  await eventually('the hello', () => asked.length > 0);
  const closed = once(socket, 'close');
  agent.terminate();
  await closed;
  answer();
  await setImmediate();
  assert.deepEqual([hosts.connected(), hosts.status('web-1').connected, handled], [[], false, []]);
});

const revoked = { code: 'certificate-revoked', message: 'revoked' };

test('a session ends when its certificate does', async (context) => {
  context.mock.timers.enable({ apis: ['setInterval'] });
  let good = true;
  const { agent, say, hosts, refused, answer } = await session(context, { unfit: () => (good ? null : revoked) });
  say(hello);
  answer();
  await eventually('the host to be connected', () => hosts.link('web-1'));
  context.mock.timers.tick(10_000);
  assert.deepEqual(refused, []);
  good = false;
  context.mock.timers.tick(10_000);
  context.mock.timers.reset();
  await once(agent, 'close');
  assert.deepEqual([hosts.connected(), refused], [[], ['certificate-revoked']]);
});

test('a certificate that is replaced while a hello is looked at connects nobody', async (context) => {
  let good = true;
  const { agent, say, hosts, asked, refused, answer } = await session(context, {
    unfit: () => (good ? null : revoked),
  });
  say(hello);
  await eventually('the hello', () => asked.length > 0);
  good = false;
  answer();
  await once(agent, 'close');
  assert.deepEqual([hosts.connected(), refused], [[], ['certificate-revoked']]);
});

test('batches that wait for the disk stop the reading, and all of them are taken', async (context) => {
  const { promise, resolve } = Promise.withResolvers<null>();
  const taken: number[] = [];
  const add: SessionParts['ingest']['add'] = (_workload, { sequence }) => {
    taken.push(sequence);
    return promise;
  };
  const { agent, socket, say } = await session(context, { ingest: { begin: async () => 0, add } });
  say(hello);
  // More than comes with one read: what a read has brought is taken, whatever waits.
  const sequences = Array.from({ length: 20_000 }, (_, index) => index + 1);
  for (const sequence of sequences) agent.send(encodeFlowBatch({ sequence, reports: [] }));
  await eventually('the reading to stop', () => socket.isPaused);
  assert.ok(taken.length < sequences.length, String(taken.length));
  resolve(null);
  await eventually('all of them', () => taken.length === sequences.length);
  assert.deepEqual(taken, sequences);
});

for (const [takenOver, expected] of [
  [0, []],
  [2, []],
  [3, ['identity-contested']],
] as const)
  test(`a session after ${takenOver} that took over from one another reports ${expected[0] ?? 'nothing'}`, async (context) => {
    const { say, hosts, handled, refused, answer } = await session(context);
    for (let index = 0; index <= takenOver; index++)
      hosts.connect({ workload: 'web-1', held: null, send: () => {}, close: () => {} });
    const link = hosts.link('web-1') ?? assert.fail();
    hosts.disconnect(link);
    say(hello);
    answer();
    await eventually('the hello', () => handled.includes('hello'));
    assert.deepEqual([refused, hosts.connected()], [expected, ['web-1']], 'it goes on all the same');
  });

const mebibyte = 1024 * 1024;

for (const [unread, isGone] of [
  [0, false],
  [96 * mebibyte, false],
  [96 * mebibyte + 1, true],
] as const)
  test(`an agent that left ${unread} bytes unread is ${isGone ? 'gone' : 'told more'}`, async (context) => {
    const { agent, socket, say, hosts, answer } = await session(context);
    say(hello);
    answer();
    await eventually('the host to be connected', () => hosts.link('web-1'));
    const link = hosts.link('web-1') ?? assert.fail();
    const heard: string[] = [];
    agent.on('message', (data) => heard.push(JSON.parse(String(data)).kind));
    Object.defineProperty(socket, 'bufferedAmount', { value: unread });
    link.send({ kind: 'ack', sequence: 1 });
    await eventually('an end or a message', () => agent.readyState === agent.CLOSED || heard.includes('ack'));
    assert.deepEqual([agent.readyState === agent.CLOSED, hosts.connected().length], [isGone, isGone ? 0 : 1]);
  });
