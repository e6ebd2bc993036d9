import Type from 'typebox';
import { actorName } from '../../auth/permissions.ts';
import { edgeFeed } from '../../edge-feed.ts';
import type { ControllerEvent } from '../../events.ts';
import { isStillPermitted } from '../authenticate.ts';
import { type Api, type ApiParts, needs } from '../parts.ts';
import { Refused } from '../problem.ts';

/** Proxies close what is silent for a minute. */
const heartbeatMilliseconds = 15_000;
/** Bytes a reader may leave unread; then it is let go and may resume. */
const unreadLimit = 8 * 1024 * 1024;
const feedMilliseconds = 250;

/** Streams of one person or of root: windows and terminals, and some that have not noticed yet that they are cut off. */
const mostStreams = 64;

const eventId = Type.Optional(Type.String({ maxLength: 64 }));
const eventHeaders = Type.Object({ 'last-event-id': eventId });
/** For the first time: a browser names the last event by itself only when it comes back. */
const eventQuery = Type.Object({ after: eventId });

/**
 * Server-sent events; `reset` says that what was missed is not remembered, so the reader must look afresh. They end with
 * the session that asked, at the next heartbeat after it.
 */
export function eventRoutes(app: Api, { store, live, events, clock }: ApiParts): void {
  const turn = edgeFeed(live, events);
  const feed = setInterval(() => turn(clock()), feedMilliseconds);
  app.addHook('onClose', async () => clearInterval(feed));
  const streams = new Map<string, number>();

  const schema = { headers: eventHeaders, querystring: eventQuery };
  app.get('/events', { config: needs('view'), schema }, (request, reply) => {
    const since = request.headers['last-event-id'] ?? request.query.after;
    const missed = since === undefined ? [] : events.after(since);
    const name = actorName(request.actor);
    const open = streams.get(name) ?? 0;
    if (open >= mostStreams) {
      throw new Refused('too-many-requests', `Cannot open another stream of events: "${name}" has ${open} open`);
    }
    streams.set(name, open + 1);
    reply.hijack();
    const response = reply.raw;
    const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' };
    response.writeHead(200, headers);
    const write = (text: string) => {
      if (response.writableLength > unreadLimit) response.destroy();
      else response.write(text);
    };
    write('retry: 1000\n\n');
    // Gives a reader that has seen nothing yet a place to go on from.
    if (missed === null) write(`id: ${events.lastId()}\nevent: reset\ndata: {}\n\n`);
    else if (missed.length === 0) write(`id: ${events.lastId()}\nevent: hello\ndata: {}\n\n`);
    for (const event of missed ?? []) write(eventText(event));
    const stop = events.listen((event) => write(eventText(event)));
    const heartbeat = setInterval(() => {
      isStillPermitted(request, { store, clock })
        .catch(() => false)
        .then((permitted) => (permitted ? write(': still here\n\n') : response.end()));
    }, heartbeatMilliseconds);
    response.once('close', () => {
      streams.set(name, (streams.get(name) ?? 1) - 1);
      stop();
      clearInterval(heartbeat);
    });
  });
}

const eventText = ({ id, kind, body }: ControllerEvent): string =>
  `id: ${id}\nevent: ${kind}\ndata: ${JSON.stringify(body)}\n\n`;
