import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameLines } from './name-lines.ts';

const now = Date.parse('2026-11-27T12:00:00Z');
const learned = {
  name: 'api.example.org',
  address: '192.0.2.1',
  since: '2026-11-27T10:00:00Z',
  answered: '2026-11-27T11:58:00Z',
  alsoNamed: ['www.example.org'],
  workload: 'web-1',
};

test('addresses of domain names, how long they are known, and what else they let a host reach', () => {
  const lines = nameLines({ learned: [learned, { ...learned, alsoNamed: [], workload: null }], more: 3 }, now).join(
    '\n',
  );
  assert.match(lines, /api\.example\.org +192\.0\.2\.1 +2 h +2 min ago +workload web-1, www\.example\.org/);
  assert.match(lines, /2 min ago +-$/m);
  assert.match(lines, /3 more are not listed/);
});

test('none known, and none asked for', () => {
  assert.match(nameLines({ learned: [], more: 0 }, now).join('\n'), /no address of a domain name is known yet/);
  assert.deepEqual(nameLines(null, now), []);
});
