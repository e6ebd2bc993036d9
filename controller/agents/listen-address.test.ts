import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatListenAddress, parseListenAddress } from './listen-address.ts';

test('listening addresses read and write the same text', () => {
  for (const text of ['127.0.0.1:8443', '[::1]:8443', 'localhost:0', 'unix:/run/bulkhead.sock']) {
    const address = parseListenAddress(text);
    assert.equal(address && formatListenAddress(address), text);
  }
});

test('what is no listening address is refused', () => {
  const long = `unix:/${'x'.repeat(107)}`;
  for (const text of [
    '',
    '8443',
    '127.0.0.1',
    '::1:8443',
    '127.0.0.1:99999',
    '127.0.0.1:x',
    'unix:relative',
    long,
    'a b:1',
  ]) {
    assert.equal(parseListenAddress(text), null, text);
  }
});
