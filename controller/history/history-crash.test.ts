import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { crashAgents, crashRows } from './append-until-killed.ts';
import { openHistory } from './open-history.ts';
import type { History } from './types.ts';

const program = join(import.meta.dirname, 'append-until-killed.ts');

type Round = { readonly acknowledged: readonly string[]; readonly resumed: ReadonlyMap<string, number> };

/** Lets the program acknowledge some batches and dies with it at once, or a little later. */
async function runAndKill(directory: string, { acks, delay }: { acks: number; delay: number }): Promise<Round> {
  const own = delay === 0 ? [String(acks)] : [];
  const child = spawn(process.execPath, [program, directory, ...own], { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const resumed = new Map<string, number>();
  for await (const line of createInterface({ input: child.stdout })) {
    const [word, agent = '', sequence] = line.split(' ');
    if (word === 'resumes') resumed.set(agent, Number(sequence));
    else if (acknowledged.push(line) === acks && delay > 0) setTimeout(() => child.kill('SIGKILL'), delay);
  }
  assert.ok(acknowledged.length >= acks, 'the program ended before it was killed');
  return { acknowledged, resumed };
}

/** How many rows each (agent, sequence) has, each row counted as often as it is there. */
async function storedRows(history: History): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await history.flows(cursor === undefined ? {} : { cursor });
    if ('code' in page) assert.fail(page.message);
    for (const { reporter, report } of page.flows) {
      const key = `${reporter} ${report.generation}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    cursor = page.next;
  }
  return counts;
}

/** A small generator (mulberry32), so that a failing round can be run again. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

test('kill -9 loses nothing acknowledged and stores nothing twice', async (t) => {
  const seed = Number(process.env.SEED ?? Date.now() % 1e6);
  t.diagnostic(`SEED=${seed}`);
  const random = seeded(seed);
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-crash-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const acknowledged = new Set<string>();
  for (let round = 0; round < 8; round++) {
    // Half of them die with the acknowledgement still warm, the others somewhere in the next commit.
    const delay = round % 2 === 0 ? 0 : 90 + random(40);
    const { acknowledged: more, resumed } = await runAndKill(directory, { acks: 1 + random(20), delay });
    // Checked every time, because the next process would send again, and so repair, what is missing.
    for (const batch of acknowledged) {
      const [agent = '', sequence] = batch.split(' ');
      assert.ok(Number(sequence) <= (resumed.get(agent) ?? 0), `acknowledged and lost before round ${round}: ${batch}`);
    }
    for (const batch of more) acknowledged.add(batch);
  }
  const history = await openHistory({ directory });
  if ('code' in history) assert.fail(history.message);
  t.after(() => history.close());
  const stored = await storedRows(history);
  for (const batch of acknowledged) assert.ok(stored.has(batch), `acknowledged and lost: ${batch}`);
  for (const [batch, rows] of stored) assert.equal(rows, crashRows(Number(batch.split(' ')[1])), batch);
  for (const agent of crashAgents) {
    const own = [...stored.keys()].filter((batch) => batch.startsWith(agent)).length;
    assert.equal(await history.lastSequence(agent), own, 'every sequence up to the last is there');
  }
});
