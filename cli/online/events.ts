import { setTimeout as wait } from 'node:timers/promises';
import type { Endpoint } from './endpoint.ts';
import { send } from './request.ts';

export type ServerEvent = { readonly id: string | null; readonly event: string; readonly data: string };

/** One event per blank-line-separated block; text split anywhere gives the same events. */
export class EventParser {
  private rest = '';

  add(text: string): readonly ServerEvent[] {
    this.rest += text.replace(/\r\n?/g, '\n');
    const blocks = this.rest.split('\n\n');
    this.rest = blocks.pop() ?? '';
    return blocks.flatMap(parseBlock);
  }
}

function parseBlock(block: string): readonly ServerEvent[] {
  const fields = new Map<string, string[]>();
  for (const line of block.split('\n')) {
    const match = /^([a-z]+)(?:: ?(.*))?$/.exec(line);
    if (match?.[1] !== undefined) fields.set(match[1], [...(fields.get(match[1]) ?? []), match[2] ?? '']);
  }
  const data = fields.get('data');
  if (data === undefined) return [];
  return [
    { id: fields.get('id')?.at(-1) ?? null, event: fields.get('event')?.at(-1) ?? 'message', data: data.join('\n') },
  ];
}

const pauseMs = 1000;

/**
 * Events until `ended`; a broken stream is taken up again where it stopped. Throws only when the first connection
 * cannot be made.
 */
export async function* follow(endpoint: Endpoint, path: string, ended: AbortSignal): AsyncGenerator<ServerEvent> {
  let last: string | null = null;
  for (let first = true; !ended.aborted; first = false) {
    try {
      for await (const event of stream(endpoint, path, { last, ended })) {
        last = event.id ?? last;
        yield event;
      }
    } catch (error) {
      if (ended.aborted) return;
      if (first) throw error;
    }
    await wait(pauseMs, undefined, { signal: ended }).catch(() => {});
  }
}

type Resume = { readonly last: string | null; readonly ended: AbortSignal };

async function* stream(endpoint: Endpoint, path: string, { last, ended }: Resume): AsyncGenerator<ServerEvent> {
  const headers = { accept: 'text/event-stream', ...(last !== null && { 'last-event-id': last }) };
  const response = await send(endpoint, { method: 'GET', path, headers, signal: ended });
  if (response.statusCode !== 200) {
    response.resume();
    throw new Error(`the controller answered ${response.statusCode}`);
  }
  response.setEncoding('utf8');
  const parser = new EventParser();
  for await (const text of response) yield* parser.add(String(text));
}
