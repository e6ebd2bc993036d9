import { spawn } from 'node:child_process';
import type { Done, Flow } from '../back-end.ts';
import { apply, type DriverOptions, done, mapDone, run } from './nft.ts';

/**
 * Which rule of another table drops a flow: packets of this one flow are traced for some seconds, by a table of ours that
 * comes and goes. Tables of others are read and never changed.
 */
export const traceTable = (options: DriverOptions): string => `${options.table}_trace`;
/** Packets a second that are traced: each is told rule by rule. */
const mostTraced = 5;

export async function whoDrops(flow: Flow, milliseconds: number, options: DriverOptions): Promise<Done<string | null>> {
  const table = traceTable(options);
  const [program = 'nft', ...before] = options.command;
  const monitor = spawn(program, [...before, 'monitor', 'trace'], { stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    const loaded = await apply(traceScript(flow, table), options);
    if (loaded.kind === 'failed') return loaded;
    return done(await firstDrop(monitor, milliseconds, options.table));
  } finally {
    monitor.kill('SIGKILL');
    await run(['delete', 'table', 'inet', table], options);
  }
}

/** A trace that an agent left behind when it was killed. */
export const endTraces = async (options: DriverOptions): Promise<Done<null>> => {
  const table = traceTable(options);
  const removed = await apply(`table inet ${table}\ndelete table inet ${table}\n`, options);
  return mapDone(removed, () => null);
};

/** Before everybody else, on packets that come in and on those that this host sends. */
export function traceScript(
  { protocol, source, destination, sourcePort, destinationPort }: Flow,
  table: string,
): string {
  const ip = source.includes(':') ? 'ip6' : 'ip';
  const match = `${ip} saddr ${source} ${ip} daddr ${destination} ${protocol} sport ${sourcePort} ${protocol} dport ${destinationPort}`;
  const chain = (hook: string) =>
    `\tchain ${hook} {\n\t\ttype filter hook ${hook} priority -350; policy accept;\n\t\t${match} limit rate ${mostTraced}/second meta nftrace set 1\n\t}`;
  return `table inet ${table}\ndelete table inet ${table}\ntable inet ${table} {\n${chain('prerouting')}\n${chain('output')}\n}\n`;
}

function firstDrop(monitor: ReturnType<typeof spawn>, milliseconds: number, ours: string): Promise<string | null> {
  return new Promise((resolve) => {
    let rest = '';
    const timer = setTimeout(() => resolve(null), milliseconds);
    const end = (found: string | null) => {
      clearTimeout(timer);
      resolve(found);
    };
    monitor.on('error', () => end(null));
    monitor.on('close', () => end(null));
    monitor.stdout?.on('data', (piece: Buffer) => {
      const lines = (rest + piece.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const found = dropIn(line, ours);
        if (found !== null) end(found);
      }
    });
  });
}

/** What a line of `nft monitor trace` says was dropped, and by whom; null: nothing, or by our own table. */
export function dropIn(line: string, ours: string): string | null {
  const match = /^trace id \w+ (\w+) (\S+) (\S+) (?:rule (.*) \(verdict drop\)|policy drop)\s*$/.exec(line);
  if (match === null) return null;
  const [, family = '', table = '', chain = '', rule] = match;
  if (family === 'inet' && table === ours) return null;
  // Counted is something else each time, and the rule is the same one.
  const text = rule?.trim().replace(/\bpackets \d+ bytes \d+ ?/g, '');
  const what = text === undefined ? 'the policy' : `the rule "${text.slice(0, 200)}"`;
  return `${what} of chain ${chain} in table ${family} ${table}`;
}
