import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { FlowStore } from './flow-store.ts';
import { GroupCommit } from './group-commit.ts';
import {
  type HistoryAnswer,
  type HistoryRequest,
  type Numbered,
  sourceMark,
  type WorkerStart,
} from './history-protocol.ts';
import { SealedDays } from './sealed-days.ts';
import { storeFailure } from './store-failure.ts';

/** Runs in a worker thread: turning rows into the database's form must not hold up the controller's own thread. */
const port =
  parentPort ??
  (() => {
    throw new Error('history-worker.ts runs as a worker thread only');
  })();
const store = new FlowStore(workerData as WorkerStart);
const sealed = new SealedDays(store);

async function main(): Promise<void> {
  try {
    const last = await store.lastSequences();
    await sealed.load();
    const group = new GroupCommit({
      append: (batches) => store.append(batches),
      last,
      now: () => performance.now(),
      sleep,
    });
    port.on('message', ({ number, body }: Numbered<HistoryRequest>) => {
      answer(group, body).then((answered) => {
        port.postMessage({ number, body: answered } satisfies Numbered<HistoryAnswer>);
        if (body.kind === 'close') port.close();
      });
    });
    port.postMessage({ number: 0, body: 'done' });
  } catch (thrown) {
    await store.close().catch(() => null);
    port.postMessage({ number: 0, body: storeFailure('open', thrown) });
    port.close();
  }
}

async function answer(group: GroupCommit, request: HistoryRequest): Promise<HistoryAnswer> {
  try {
    switch (request.kind) {
      case 'append':
        return await group.submit(request);
      case 'refuse':
        group.refuse(request.agent, request.sequence);
        return 'done';
      case 'lastSequence':
        return { kind: 'last', sequence: await group.startSession(request.agent) };
      case 'rows': {
        const { query, since, until } = request;
        const withSource = () => ({
          sql: query.sql.replaceAll(sourceMark, () => sealed.source(since, until)),
          values: query.values,
        });
        return { kind: 'rows', rows: await store.rows(withSource) };
      }
      case 'retain':
        return { kind: 'retained', ...(await sealed.retain(request.now, request.keepDays)) };
      case 'close':
        await group.settled();
        await store.close();
        return 'done';
    }
  } catch (thrown) {
    return storeFailure(request.kind === 'rows' ? 'read' : request.kind === 'retain' ? 'tidy' : 'use', thrown);
  }
}

await main();
