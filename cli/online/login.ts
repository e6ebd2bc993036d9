import type { X509Certificate } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { answer, argument, type Call, type CommandText, optionText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput, cannot } from '../failure.ts';
import { readAnswer } from './api.ts';
import { fetchAuthority, fingerprintOf, readFingerprint, requireAuthority } from './authority.ts';
import { saveCredential } from './credentials.ts';
import { parseUrl } from './endpoint.ts';
import { askLine, askSecret, confirm } from './prompt.ts';
import { httpsTarget } from './request.ts';

export const loginCommand: CommandText = {
  usage: 'login <url>',
  about: 'open a session with a controller elsewhere and pin its authority',
  options: [
    { flags: '--name <user>', about: 'who logs in (default: asked)' },
    { flags: '--fingerprint <sha256>', about: "of the controller's authority (default: shown and asked)" },
  ],
  run: logIn,
};

async function logIn(call: Call): Promise<ExitCode> {
  const { environment } = call.terminal;
  const url = parseUrl(argument(call, 0));
  const authority = await confirmedAuthority(call, url);
  const name = optionText(call, 'name') ?? (await askLine('user: ', call.ended));
  const password = environment.BULKHEAD_PASSWORD ?? (await askSecret('password: ', call.ended));
  const token = await openSession(url, authority.toString(), { name, password });
  const file = saveCredential(environment, { url: url.origin, token, authority: authority.toString() });
  return answer(call, { url: url.origin, name }, () => `logged in to ${url.origin} as ${name}; kept in ${file}`);
}

async function confirmedAuthority(call: Call, url: URL): Promise<X509Certificate> {
  const given = optionText(call, 'fingerprint');
  if (given !== null) return requireAuthority(url, readFingerprint(given, '--fingerprint'));
  const authority = await fetchAuthority(url);
  call.terminal.note(
    `the authority of ${argument(call, 0)} has the SHA-256 fingerprint\n  ${fingerprintOf(authority)}`,
  );
  if (await confirm('is it that of your controller?', call.ended, '--fingerprint')) return authority;
  throw badInput('not-trusted', 'Cannot log in: the authority was not confirmed');
}

type Person = { readonly name: string; readonly password: string };

/** The session's token, which the controller gives as a cookie and nowhere else. */
async function openSession(url: URL, authority: string, person: Person): Promise<string> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const sent = request({ ...httpsTarget(url, authority), method: 'POST', path: '/api/v1/session', headers });
    sent.on('response', resolve);
    sent.on('error', (error) => reject(cannot('unreachable', `Cannot log in at "${url.origin}": ${error.message}`)));
    sent.end(JSON.stringify(person));
  });
  await readAnswer(response);
  const cookies = response.headers['set-cookie'] ?? [];
  const token = cookies
    .map((cookie) => /^bulkhead_session=([^;]+)/.exec(cookie)?.[1])
    .find((found) => found !== undefined);
  if (token !== undefined) return token;
  throw cannot(
    'no-session',
    `Cannot log in at "${url.origin}": it gave no session, a controller of this version is needed`,
  );
}
