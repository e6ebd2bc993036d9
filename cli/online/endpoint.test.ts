import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Call } from '../command.ts';
import { Failure } from '../failure.ts';
import { readFingerprint } from './authority.ts';
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
const hex = 'ab'.repeat(32);
const token = { BULKHEAD_TOKEN: 'secret', BULKHEAD_FINGERPRINT: hex };
const toThere = { BULKHEAD_CONTROLLER: there, ...token };
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
  [{ ...toThere, BULKHEAD_TOKEN: 'secret\n' }, {}, withToken],
  [{ ...toThere, BULKHEAD_TOKEN: ' secret\r\n' }, {}, withToken],
  [{ ...toThere, BULKHEAD_TOKEN: '\n' }, {}, 'not-logged-in'],
  [{ ...toThere, BULKHEAD_TOKEN: 'secret\nsecret' }, {}, 'bad-token'],
  [{ ...toThere, BULKHEAD_TOKEN: 'secret\u001b' }, {}, 'bad-token'],
  [{ ...toThere, BULKHEAD_TOKEN: 'secret secret' }, {}, 'bad-token'],
  [{ ...toThere, BULKHEAD_TOKEN: 'secr\u00e9t' }, {}, 'bad-token'],
  [{ ...toThere, BULKHEAD_FINGERPRINT: '' }, {}, 'bad-fingerprint'],
  [{ ...toThere, BULKHEAD_FINGERPRINT: 'ab' }, {}, 'bad-fingerprint'],
  [{ ...toThere, BULKHEAD_FINGERPRINT: hex.slice(1) }, {}, 'bad-fingerprint'],
  [{ ...toThere, BULKHEAD_FINGERPRINT: `${hex}\n` }, {}, withToken],
  [{ BULKHEAD_CONTROLLER: 'http://10.0.0.5', ...token }, {}, 'bad-url'],
];

for (const [environment, options, expected] of cases)
  test(`${JSON.stringify(environment)} with ${JSON.stringify(options)} is ${expected}`, () =>
    assert.equal(chosen(environment, options), expected));

const asPrinted = Buffer.from(hex, 'hex').toString('base64url');
const forms: readonly string[] = [
  hex,
  hex.toUpperCase(),
  hex.match(/../g)?.join(':') ?? '',
  asPrinted,
  `${asPrinted}=`,
  ` ${asPrinted}\n`,
];
for (const form of forms)
  test(`the fingerprint ${JSON.stringify(form)} is read as it is printed`, () =>
    assert.equal(readFingerprint(form, 'it'), asPrinted));

test('of a token that cannot be used the character is said', () => {
  const environment = { ...toThere, BULKHEAD_TOKEN: 'secret\u0007secret' };
  assert.throws(() => chooseEndpoint(call(environment, {})), /BULKHEAD_TOKEN: it has the character U\+0007, /);
});
