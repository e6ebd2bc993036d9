import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Call, optionText } from '../command.ts';
import { badInput, cannot } from '../failure.ts';
import { readFingerprint, requireAuthority } from './authority.ts';
import { readCredentials } from './credentials.ts';

/** How to reach a controller: its root-only socket on this machine, or HTTPS with a session or a token. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | {
      readonly kind: 'https';
      readonly url: URL;
      /** The header that says who asks; a secret. */
      readonly signedIn: Readonly<Record<string, string>>;
      /** The certificate of its authority in PEM. */
      readonly authority: () => Promise<string>;
    };

export const defaultDirectory = '/var/lib/bulkhead';
/** Where `npm start` without root puts it: tools/start.sh. */
const ownController = fileURLToPath(new URL('../../.cache/controller', import.meta.url));

/** `--url` or BULKHEAD_CONTROLLER: remote. Otherwise the control socket of `--data`, BULKHEAD_DATA or the usual places. */
export function chooseEndpoint(call: Call): Endpoint {
  const { environment } = call.terminal;
  const directory = optionText(call, 'data') ?? environment.BULKHEAD_DATA;
  const named = environment.BULKHEAD_CONTROLLER ?? environment.BULKHEAD_URL;
  const url = optionText(call, 'url') ?? (directory === undefined ? named : undefined);
  if (url !== undefined) return remote(url, environment);
  return { kind: 'socket', path: join(directory ?? findDirectory(), 'control.sock') };
}

/** Where `bulkhead up` puts its directory when it is not told, then a running demo's. */
function findDirectory(): string {
  const places = [defaultDirectory, join(homedir(), '.local/share/bulkhead'), ownController, ...demoDirectories()];
  return places.find((place) => existsSync(join(place, 'control.sock'))) ?? defaultDirectory;
}

/** Anybody may make a directory in /tmp: one is believed only when it is ours and nobody else may look into it. */
function demoDirectories(): readonly string[] {
  const names = readdirSync(tmpdir()).filter((name) => name.startsWith('bulkhead-demo-'));
  return names
    .map((name) => join(tmpdir(), name))
    .filter((path) => {
      const stat = lstatSync(path, { throwIfNoEntry: false });
      return stat?.isDirectory() === true && stat.uid === process.getuid?.() && (stat.mode & 0o077) === 0;
    });
}

/** With the session of a login, or with BULKHEAD_TOKEN: that is what pipelines have, who cannot log in. */
function remote(text: string, environment: Environment): Endpoint {
  const url = parseUrl(text);
  const stored = readCredentials(environment).find((entry) => entry.url === url.origin);
  const token = readToken(environment.BULKHEAD_TOKEN ?? '');
  if (token !== '') {
    const signedIn = { authorization: `Bearer ${token}` };
    return { kind: 'https', url, signedIn, authority: trusted(url, environment, stored?.authority) };
  }
  if (stored === undefined) {
    throw cannot(
      'not-logged-in',
      `Cannot reach "${url.origin}": there is no session for it`,
      `run bulkhead login ${url.origin}, or give a token in BULKHEAD_TOKEN`,
    );
  }
  const { authority } = stored;
  return {
    kind: 'https',
    url,
    signedIn: { cookie: `bulkhead_session=${stored.token}` },
    authority: async () => authority,
  };
}

type Environment = Call['terminal']['environment'];

/** Stores of secrets often add the end of a line. The token is never printed, not even in part. */
function readToken(text: string): string {
  const token = text.trim();
  const [found] = /[^\x21-\x7e]/u.exec(token) ?? [];
  if (found === undefined) return token;
  const number = (found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  const so = `it has the character U+${number}`;
  throw badInput('bad-token', `Cannot use BULKHEAD_TOKEN: ${so}, a token as bulkhead token create prints it is needed`);
}

/** What BULKHEAD_FINGERPRINT says, else what a login here has pinned: nothing secret is sent to anybody else. */
function trusted(url: URL, environment: Environment, pinned: string | undefined): () => Promise<string> {
  const fingerprint = environment.BULKHEAD_FINGERPRINT;
  if (fingerprint === undefined && pinned === undefined) {
    throw cannot(
      'no-authority',
      `Cannot trust "${url.origin}": nothing says which authority it has, its fingerprint in BULKHEAD_FINGERPRINT is needed`,
      'on the controller, bulkhead status --json says it as "authority"',
    );
  }
  if (fingerprint === undefined) return async () => pinned ?? '';
  const wanted = readFingerprint(fingerprint, 'BULKHEAD_FINGERPRINT');
  let found: Promise<string> | null = null;
  return () => (found ??= requireAuthority(url, wanted).then(String));
}

export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:') return url;
  throw badInput(
    'bad-url',
    `Cannot use the URL "${text}": it is not an https address, one like https://controller:8443 is needed`,
  );
}
