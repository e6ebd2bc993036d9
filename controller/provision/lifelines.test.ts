import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { formatServiceRange } from '@bulkhead/net/service-space.ts';
import { parseListenAddress } from '../agents/listen-address.ts';
import { controllerLifeline, parseControllerEntry } from './lifelines.ts';

test('an entry is a prefix and a port', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['10.0.0.1/8444', '10.0.0.1/32 tcp/8444'],
    ['10.0.0.0/24/8444', '10.0.0.0/24 tcp/8444'],
    ['fd00::1/8444', 'fd00::1/128 tcp/8444'],
    ['10.0.0.1', null],
    ['10.0.0.1/24/8444', null],
    ['10.0.0.1/', null],
    ['10.0.0.1/70000', null],
    ['10.0.0.1/1-2', null],
    ['web-1/8444', null],
    ['', null],
  ];
  for (const [text, expected] of cases) {
    const entry = parseControllerEntry(text);
    const found = entry && `${formatPrefix(entry.prefix)} ${formatServiceRange(entry.service)}`;
    assert.equal(found, expected, text);
  }
});

test('only an address that others can connect to becomes a lifeline by itself', () => {
  const names = (texts: readonly string[]) =>
    controllerLifeline(
      texts.map(parseListenAddress).filter((address) => address !== null),
      [],
    )
      .flatMap((document) => document.controllers)
      .map(({ prefix }) => formatPrefix(prefix));
  assert.deepEqual(names(['10.0.0.1:8444', '[fd00::1]:8444']), ['10.0.0.1/32', 'fd00::1/128']);
  for (const none of ['0.0.0.0:8444', '127.0.0.1:8444', '[::]:8444', '[::1]:1', 'localhost:1', 'unix:/x']) {
    assert.deepEqual(names([none]), [], none);
  }
});
