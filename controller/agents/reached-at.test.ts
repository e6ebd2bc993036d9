import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reachedAt } from './reached-at.ts';

for (const [localAddress, localPort, expected] of [
  ['10.0.0.1', 8444, '10.0.0.1 8444'],
  ['::ffff:10.0.0.1', 8444, '10.0.0.1 8444'],
  ['fd00::1', 8444, 'fd00::1 8444'],
  ['127.0.0.1', 8444, null],
  ['::ffff:127.0.0.1', 8444, null],
  ['::1', 8444, null],
  [undefined, undefined, null],
  ['10.0.0.1', undefined, null],
] as const)
  test(`a session at ${localAddress} port ${localPort} is reached at ${expected}`, () => {
    const reached = reachedAt({ localAddress, localPort });
    assert.equal(reached && `${reached.address} ${reached.port}`, expected);
  });
