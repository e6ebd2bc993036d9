import { PassThrough } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problemDocument, Refused } from './problem.ts';

/** One JSON document a line: `{"progress": ...}` now and then, at last `{"answer": ...}` or `{"problem": ...}`. */
export const lineType = 'application/x-ndjson';
/** Milliseconds between two lines of progress. */
const tellEvery = 200;

type Work<P, T> = (watching: { readonly signal: AbortSignal; readonly tell: (progress: P) => void }) => Promise<T>;

/**
 * A long answer: as it is, or in lines with its progress for whoever accepts those. It ends when whoever asked goes away.
 */
export async function answerInSteps<P, T extends object>(
  request: FastifyRequest,
  reply: FastifyReply,
  work: Work<P, T>,
): Promise<T | FastifyReply> {
  const leaving = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished)
      leaving.abort(new Refused('client-gone', 'Cannot go on: nobody waits for the answer'));
  });
  const { signal } = leaving;
  if (!acceptsLines(request.headers.accept)) return work({ signal, tell: () => {} });
  const lines = new PassThrough();
  const say = (line: object) => lines.writable && lines.write(`${JSON.stringify(line)}\n`);
  let told = performance.now();
  const tell = (progress: P) => {
    if (performance.now() - told < tellEvery) return;
    told = performance.now();
    say({ progress });
  };
  work({ signal, tell })
    .then(
      (answer) => say({ answer }),
      (error: unknown) => {
        if (signal.aborted) return;
        if (!(error instanceof Refused)) request.log.error({ err: error }, 'a long answer failed');
        const refused =
          error instanceof Refused
            ? error
            : new Refused('internal', 'Cannot answer: the controller failed, see its log');
        say({ problem: problemDocument(refused) });
      },
    )
    .finally(() => lines.end());
  return reply.type(lineType).send(lines);
}

const acceptsLines = (header: string | undefined): boolean =>
  (header ?? '').split(',').some((type) => type.split(';')[0]?.trim() === lineType);
