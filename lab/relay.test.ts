import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { relay } from './relay.ts';

async function received(socket: Socket): Promise<string> {
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += chunk;
  return text;
}

test('bytes and an orderly end pass both ways; a missing controller ends the connection', async (context) => {
  const folder = mkdtempSync(`${tmpdir()}/bulkhead-relay-`);
  context.after(() => rmSync(folder, { recursive: true }));
  const path = `${folder}/agents.sock`;
  const sent = 'x'.repeat(300_000);
  const controller = createServer({ allowHalfOpen: true }, (socket) => {
    void received(socket).then((text) => socket.end(`${text.length} and ${sent}`));
  }).listen(path);
  await once(controller, 'listening');
  const server = await relay('127.0.0.1', 0, path);
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;

  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  client.end(sent);
  assert.equal(await received(client), `300000 and ${sent}`);

  controller.close();
  await once(controller, 'close');
  const refused = connect({ port, host: '127.0.0.1' });
  refused.on('error', () => {});
  await once(refused, 'close');
});
