import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Call, optionText } from '../command.ts';
import { badInput, cannot } from '../failure.ts';
import { readCredentials } from './credentials.ts';

/** How to reach a controller: its root-only socket on this machine, or HTTPS with a session token. */
export type Endpoint =
  | { readonly kind: 'socket'; readonly path: string }
  | { readonly kind: 'https'; readonly url: URL; readonly token: string; readonly authority: string };

export const defaultDirectory = '/var/lib/bulkhead';
/** Where `npm start` without root puts it: tools/start.sh. */
const ownController = fileURLToPath(new URL('../../.cache/controller', import.meta.url));

/** `--url` or BULKHEAD_URL: remote. Otherwise the control socket of `--data`, BULKHEAD_DATA or the usual places. */
export function chooseEndpoint(call: Call): Endpoint {
  const { environment } = call.terminal;
  const directory = optionText(call, 'data') ?? environment.BULKHEAD_DATA;
  const url = optionText(call, 'url') ?? (directory === undefined ? environment.BULKHEAD_URL : undefined);
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

function remote(text: string, environment: Call['terminal']['environment']): Endpoint {
  const url = parseUrl(text);
  const stored = readCredentials(environment).find((entry) => entry.url === url.origin);
  const token = environment.BULKHEAD_TOKEN ?? stored?.token;
  if (stored === undefined || token === undefined) {
    throw cannot(
      'not-logged-in',
      `Cannot reach "${url.origin}": there is no session for it`,
      `run bulkhead login ${url.origin}`,
    );
  }
  return { kind: 'https', url, token, authority: stored.authority };
}

export function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol === 'https:') return url;
  throw badInput(
    'bad-url',
    `Cannot use the URL "${text}": it is not an https address, one like https://controller:8443 is needed`,
  );
}
