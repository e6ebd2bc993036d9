import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openHistory } from './open-history.ts';
import { sampleBatch } from './sample-reports.ts';
import type { History } from './types.ts';

/** Run by `npm run bench -- history`: measures one store and prints one JSON object. Options: directory to work in. */
const steadyBatches = 150;
const steadyInterval = 1000 / 15;
const steadyRows = 100;
const bulkBatches = 150;
const bulkRows = 2000;

const residentBytes = (): number => process.memoryUsage.rss();
const must = (outcome: unknown): void => {
  if (outcome !== 'stored') throw new Error(`a batch was not stored: ${JSON.stringify(outcome)}`);
};

/** Milliseconds from append to acknowledgement, at 15 batches a second from 15 agents. */
async function appendSteadily(history: History): Promise<number[]> {
  const waits: Promise<number>[] = [];
  const began = performance.now();
  for (let batch = 0; batch < steadyBatches; batch++) {
    await sleep(began + batch * steadyInterval - performance.now());
    waits.push(
      timed(() =>
        history.append(`agent-${batch % 15}`, 1 + batch, sampleBatch(batch * steadyRows, steadyRows)).then(must),
      ),
    );
  }
  return Promise.all(waits);
}

/** Rows per second when as much is sent as may wait. */
async function appendInBulk(history: History): Promise<number> {
  const rows = sampleBatch(1_000_000, bulkRows);
  const milliseconds = await timed(async () => {
    const waits: Promise<void>[] = [];
    for (let batch = 0; batch < bulkBatches; batch++) {
      waits.push(history.append('bulk', 1 + batch, rows).then(must));
      if (batch % 50 === 49) await Promise.all(waits.splice(0));
    }
    await Promise.all(waits);
  });
  return (bulkBatches * bulkRows * 1000) / milliseconds;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const directory = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'bulkhead-measure-'));
try {
  const before = residentBytes();
  const history = await openHistory({ directory });
  if ('code' in history) throw new Error(history.message);
  const opened = residentBytes();
  const latencies = await appendSteadily(history);
  const steady = residentBytes();
  const rowsPerSecond = await appendInBulk(history);
  const loaded = residentBytes();
  const since = sampleBatch(1_000_000, 1)[0]?.report.first ?? 0;
  const edges = await timed(() => history.edges({}));
  const flows = await timed(() => history.flows({ limit: 1000 }));
  const recent = await timed(() => history.recent(since));
  await history.close();
  process.stdout.write(
    `${JSON.stringify({ before, opened, steady, loaded, latencies, rowsPerSecond, edges, flows, recent })}\n`,
  );
} finally {
  rmSync(directory, { recursive: true, force: true });
}
