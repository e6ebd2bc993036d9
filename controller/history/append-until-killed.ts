import { writeSync } from 'node:fs';
import type { LabelledReport } from '@bulkhead/flows/edge.ts';
import { openHistory } from './open-history.ts';
import { sampleReport } from './sample-reports.ts';

/**
 * Run by history-crash.test.ts as a process of its own: appends for three agents until it is killed, and says on
 * standard output what was acknowledged, one `agent sequence` per line, after
 * a `resumes agent sequence` for what it found stored. With a number it kills itself after that many:
 * nothing that an acknowledgement promises may still be to do.
 */
export const crashAgents = ['a', 'b', 'c'] as const;
/** The rows of a batch follow from its sequence, so that the reader of the store can tell what is missing. */
export const crashRows = (sequence: number): number => 1 + ((sequence * 7) % 40);

/** `generation` carries the sequence, `records` the place in the batch. */
const batchOf = (agent: string, sequence: number): LabelledReport[] =>
  Array.from({ length: crashRows(sequence) }, (_, item) => ({
    ...sampleReport(item, { generation: sequence, records: item }),
    reporter: agent,
  }));

async function main(directory: string, acks: number): Promise<void> {
  const history = await openHistory({ directory, memoryLimit: 64 });
  if ('code' in history) throw new Error(history.message);
  let said = 0;
  await Promise.all(
    crashAgents.map(async (agent) => {
      const last = await history.lastSequence(agent);
      if (typeof last !== 'number') throw new Error(last.message);
      writeSync(1, `resumes ${agent} ${last}\n`);
      // What the last process stored without living to say so is sent again.
      for (let sequence = Math.max(1, last); ; sequence++) {
        const outcomes = await Promise.all([0, 1].map(() => history.append(agent, sequence, batchOf(agent, sequence))));
        if (outcomes.some((outcome) => typeof outcome !== 'string')) throw new Error(JSON.stringify(outcomes));
        writeSync(1, `${agent} ${sequence}\n`);
        if (++said === acks) process.kill(process.pid, 'SIGKILL');
      }
    }),
  );
}

const [directory, acks] = process.argv.slice(2);
if (import.meta.main && directory !== undefined) await main(directory, Number(acks ?? Infinity));
