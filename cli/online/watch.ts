import { setTimeout as wait } from 'node:timers/promises';
import type { Edge } from '@bulkhead/flows/edge.ts';
import type { Call, CommandText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { oneLine } from '../plain-text.ts';
import { type Api, openApi } from './api.ts';
import { edgeLine } from './edge-text.ts';
import type { Host } from './hosts.ts';
import { onlineOptions } from './options.ts';
import { allItems } from './pages.ts';
import type { Status } from './status.ts';
import { drawWatch, summaryLine, type Watched } from './watch-text.ts';

const everyMs = 1000;
const edgesShown = 500;

export const watchCommand: CommandText = {
  usage: 'watch',
  about: 'live view: edges with decisions, hosts with mode and proven generation, loss',
  options: onlineOptions,
  run: watch,
};

/** Redrawn once a second on a terminal; plain lines about what changed otherwise. Ends when interrupted. */
async function watch(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  await look(api);
  const size = call.json ? null : call.terminal.size();
  return size === null ? watchLines(call, api) : watchScreen(call, api);
}

async function watchScreen(call: Call, api: Api): Promise<ExitCode> {
  const { terminal, ended } = call;
  // The alternate screen, so that what was there before comes back at the end.
  terminal.write('\x1b[?1049h\x1b[?25l');
  try {
    while (!ended.aborted) {
      const seen = await lookOrWait(api, ended);
      const size = terminal.size() ?? { columns: 80, rows: 24 };
      const view = { size, now: Date.now(), colors: terminal.colors };
      const lines = drawWatch(seen, view);
      // Cleared line by line: clearing all at once would flicker.
      terminal.write(`\x1b[H${lines.map((line) => `${oneLine(line)}\x1b[K`).join('\n')}\x1b[J`);
      await pause(ended);
    }
  } finally {
    terminal.write('\x1b[?25h\x1b[?1049l');
  }
  return exitCodes.ok;
}

async function watchLines(call: Call, api: Api): Promise<ExitCode> {
  let sequence = 0;
  let last = '';
  while (!call.ended.aborted) {
    const seen = await lookOrWait(api, call.ended);
    if (seen !== null) {
      const fresh = seen.edges.filter((edge) => edge.sequence > sequence).sort((a, b) => a.sequence - b.sequence);
      sequence = Math.max(sequence, ...fresh.map((edge) => edge.sequence));
      if (call.json) call.terminal.say(JSON.stringify({ ...seen, edges: fresh }));
      else {
        for (const edge of fresh) call.terminal.say(edgeLine(edge, call.terminal.colors));
        const summary = summaryLine(seen.status, seen.hosts);
        if (summary !== last) call.terminal.say(summary);
        last = summary;
      }
    }
    await call.terminal.drained();
    await pause(call.ended);
  }
  return exitCodes.ok;
}

const pause = (ended: AbortSignal): Promise<void> => wait(everyMs, undefined, { signal: ended }).catch(() => {});

async function look(api: Api): Promise<Watched> {
  const [status, hosts, edges] = await Promise.all([
    api.get('/status') as Promise<Status>,
    allItems<Host>(api, '/hosts'),
    allItems<Edge>(api, '/edges', edgesShown),
  ]);
  return { status, hosts, edges };
}

/** Null while the controller cannot be reached: it may be restarting, and agents enforce meanwhile. */
async function lookOrWait(api: Api, ended: AbortSignal): Promise<Watched | null> {
  try {
    return await look(api);
  } catch (error) {
    if (error instanceof Failure || ended.aborted) return null;
    throw error;
  }
}
