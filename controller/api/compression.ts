import { promisify } from 'node:util';
import { constants, gzip, zstdCompress } from 'node:zlib';
import type { Api } from './parts.ts';

/** Bytes; what is shorter fits a packet or two as it is. */
const leastLength = 1024;

type Coding = { readonly name: string; readonly compress: (text: string) => Promise<Buffer> };

const [gzipped, zstandard] = [promisify(gzip), promisify(zstdCompress)];

/** The best first. Edges come out alike from all of them; zstd takes an eighth of the time of gzip's standard level. */
const codings: readonly Coding[] = [
  { name: 'zstd', compress: (text) => zstandard(text, { params: { [constants.ZSTD_c_compressionLevel]: 3 } }) },
  { name: 'gzip', compress: (text) => gzipped(text, { level: 4 }) },
];

/**
 * Compresses answers to GET, on a thread of their own.
 *
 * Answers to anything else stay as they are: they are what carries secrets (a session's cookie, a pairing key) or repeats
 * what the asker sent, and the length of a compressed answer that holds both tells the secret bit by bit (BREACH). No
 * answer to GET holds a secret in its body. Streams are left alone: events must arrive at once, and the console's files
 * were compressed when it was built.
 */
export function compressAnswers(app: Api): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.method !== 'GET' || typeof payload !== 'string' || payload.length < leastLength) return payload;
    if (reply.hasHeader('content-encoding')) return payload;
    reply.header('vary', 'accept-encoding');
    const coding = codingFor(request.headers['accept-encoding']);
    if (coding === null) return payload;
    reply.removeHeader('content-length');
    reply.header('content-encoding', coding.name);
    return coding.compress(payload);
  });
}

function codingFor(header: string | string[] | undefined): Coding | null {
  const accepted = acceptedCodings(String(header ?? ''));
  return codings.find(({ name }) => accepted.has(name)) ?? null;
}

/** Codings that a client names and does not give a weight of 0. `*` is not taken up: whoever means zstd says so. */
export function acceptedCodings(header: string): ReadonlySet<string> {
  const entries = header.split(',').map((entry) => entry.split(';').map((part) => part.trim().toLowerCase()));
  const wanted = entries.filter(([, ...parameters]) => !parameters.some((text) => /^q\s*=\s*0(\.0*)?$/.test(text)));
  return new Set(wanted.map(([name = '']) => name));
}
