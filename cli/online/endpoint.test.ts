import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../command.ts';
import { Failure } from '../failure.ts';
import { chooseEndpoint } from './endpoint.ts';

type Environment = Readonly<Record<string, string>>;

const call = (environment: Environment, options: Readonly<Record<string, string>>): Call => ({
  terminal: {
    say: () => {},
    note: () => {},
    write: () => {},
    drained: async () => {},
    colors: {} as Call['terminal']['colors'],
    size: () => null,
    environment: { XDG_CONFIG_HOME: '/nonexistent', ...environment },
  },
  json: false,
  args: [],
  options,
  ended: new AbortController().signal,
});

/** Where a command goes, and with what; or the code of the refusal. */
function chosen(environment: Environment, options: Readonly<Record<string, string>>): string {
  try {
    const endpoint = chooseEndpoint(call(environment, options));
    if (endpoint.kind === 'socket') return endpoint.path;
    return `${endpoint.url.origin} ${Object.entries(endpoint.signedIn).map(([name, value]) => `${name}: ${value}`)}`;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    assert.doesNotMatch(error.message + error.hint, /secret/);
    return error.code;
  }
}

const there = 'https://10.0.0.5:8443';
const token = { BULKHEAD_TOKEN: 'secret', BULKHEAD_FINGERPRINT: 'ab' };
const withToken = `${there} authorization: Bearer secret`;

const cases: readonly (readonly [Environment, options: Readonly<Record<string, string>>, expected: string])[] = [
  [{ BULKHEAD_DATA: '/d' }, {}, '/d/control.sock'],
  [{ BULKHEAD_DATA: '/d' }, { data: '/e' }, '/e/control.sock'],
  [{ BULKHEAD_CONTROLLER: there, ...token }, {}, withToken],
  [{ BULKHEAD_CONTROLLER: `${there}/`, ...token }, {}, withToken],
  [{ BULKHEAD_URL: there, ...token }, {}, withToken],
  [{ BULKHEAD_CONTROLLER: 'https://other', ...token }, { url: there }, withToken],
  [{ BULKHEAD_CONTROLLER: there, BULKHEAD_DATA: '/d', ...token }, {}, '/d/control.sock'],
  [{ BULKHEAD_CONTROLLER: there, ...token }, { data: '/e' }, '/e/control.sock'],
  [{ BULKHEAD_CONTROLLER: there, BULKHEAD_TOKEN: 'secret' }, {}, 'no-authority'],
  [{ BULKHEAD_CONTROLLER: there, BULKHEAD_FINGERPRINT: 'ab' }, {}, 'not-logged-in'],
  [{ BULKHEAD_CONTROLLER: there, BULKHEAD_FINGERPRINT: 'ab', BULKHEAD_TOKEN: '' }, {}, 'not-logged-in'],
  [{ BULKHEAD_CONTROLLER: 'http://10.0.0.5', ...token }, {}, 'bad-url'],
];

for (const [environment, options, expected] of cases)
  test(`${JSON.stringify(environment)} with ${JSON.stringify(options)} is ${expected}`, () =>
    assert.equal(chosen(environment, options), expected));
