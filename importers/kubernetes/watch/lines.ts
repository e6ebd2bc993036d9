import { WatchFailure } from './api.ts';

/** An object of a cluster is at most 1.5 MB in its store; as JSON and in an event it is a few times that. */
export const lineLimit = 16 * 1024 * 1024;
const lineEnd = 0x0a;

/** The complete lines of a stream. What stands after the last line end when it ends was cut off, and is not one. */
export async function* linesOf(body: AsyncIterable<Uint8Array>, limit = lineLimit): AsyncGenerator<string> {
  let pieces: Uint8Array[] = [];
  let held = 0;
  const take = (piece: Uint8Array) => {
    held += piece.length;
    if (held > limit) throw new WatchFailure('too-large', `it sends an event of more than ${limit >> 20} MiB`);
    pieces.push(piece);
  };
  for await (const chunk of body) {
    let from = 0;
    for (let end = chunk.indexOf(lineEnd); end >= 0; end = chunk.indexOf(lineEnd, from)) {
      take(chunk.subarray(from, end));
      yield Buffer.concat(pieces).toString('utf8');
      [pieces, held, from] = [[], 0, end + 1];
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
}

/** All of it. Rejects with `too-large` as soon as it is more than that. */
export async function textOf(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
  const pieces: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of body) {
    held += chunk.length;
    if (held > limit) throw new WatchFailure('too-large', `it sends more than ${limit >> 20} MiB at once`);
    pieces.push(chunk);
  }
  return Buffer.concat(pieces).toString('utf8');
}
