import assert from 'node:assert/strict';
import { request } from 'node:https';
import { connect as connectSocket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { enrolLimit } from '@bulkhead/wire/control.ts';
import { failedAttempts } from '../auth/attempts.ts';
import { Estate } from '../estate/estate.ts';
import { openAuthority } from '../pki/authority.ts';
import { openStore } from '../store/open-store.ts';
import { temporaryDirectory } from '../testkit/temporary-directory.ts';
import { testController } from '../testkit/test-controller.ts';
import { enrol } from './enrol.ts';

const malformed = JSON.stringify({ pairingKey: 'nonsense', csr: 'x', hostname: 'web-1' });

test('whoever failed too often is not listened to for a minute, and only they', async (context) => {
  const directory = temporaryDirectory(context);
  let now = Date.now();
  const clock = () => now;
  const store = await openStore(directory, clock);
  context.after(() => store.close());
  const estate = await Estate.load(store, clock);
  const authority = await openAuthority(directory, clock);
  const parts = { store, estate, authority, clock, attempts: failedAttempts(2, clock), certificateLifetime: 60_000 };
  const cases: readonly (readonly [after: number, source: string, code: string])[] = [
    [0, 'a', 'pairing-key-malformed'],
    [0, 'a', 'pairing-key-malformed'],
    [0, 'a', 'too-many-attempts'],
    [0, 'b', 'pairing-key-malformed'],
    [59_000, 'a', 'too-many-attempts'],
    [2000, 'a', 'pairing-key-malformed'],
  ];
  for (const [after, source, code] of cases) {
    now += after;
    const outcome = await enrol(parts, malformed, source);
    assert.equal(outcome.kind === 'refused' && outcome.refusal.code, code, `${source} ${after} ms later`);
  }
  const logged = await store.audit.list({ before: null, limit: 9 });
  assert.equal(logged.length, 4, 'those that nobody listened to do not fill the audit log');
});

/** Far more than is allowed and fits into the buffers in between. */
const patience = 64 * enrolLimit;

test('a body without an end is refused at its limit, not when it ends', async (context) => {
  const { directory } = await testController(context);
  const socket = connectSocket(`${directory}/agents.sock`);
  const createConnection = () => connectTls({ socket, rejectUnauthorized: false });
  const call = request({ method: 'POST', path: '/enrol', createConnection });
  context.after(() => call.destroy());
  // Whoever is refused cannot write any more.
  call.on('error', () => {});
  const answered = new Promise<number | undefined>((resolve) => call.on('response', (it) => resolve(it.statusCode)));
  const chunk = Buffer.alloc(enrolLimit / 4, ' ');
  const poured = new Promise<string>((resolve) => {
    let written = 0;
    const pour = () => {
      written += chunk.length;
      if (written > patience) resolve('all was taken');
      else call.write(chunk, (error) => error == null && pour());
    };
    pour();
  });
  assert.equal(await Promise.race([answered, poured]), 413);
});
