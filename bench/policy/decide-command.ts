import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Document } from '@bulkhead/model/documents.ts';
import { asWritten } from '@bulkhead/testkit/written.ts';
import { timed } from './subject.ts';

const bulkhead = join(import.meta.dirname, '../../bulkhead');
/** How often all lines are given: reading the estate takes as long as answering a million. */
const times = 10;

/** Lines per second of `bulkhead decide`, from a file to a file: how much longer it takes for all lines than for one. */
export function commandRate(documents: readonly Document[], lines: readonly string[]): number {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-decide-'));
  try {
    const path = (name: string) => join(directory, name);
    const written = documents.map((document) => JSON.stringify(asWritten(document)));
    writeFileSync(path('world.yaml'), written.join('\n---\n'));
    writeFileSync(path('one.jsonl'), `${lines[0]}\n`);
    writeFileSync(path('all.jsonl'), `${lines.join('\n')}\n`.repeat(times));
    const took = (probes: string): number => {
      const world = ['--estate', path('world.yaml'), '--policy', path('world.yaml')];
      const answers = openSync(path('answers.jsonl'), 'w');
      const words = ['decide', ...world, '--probes', path(probes)];
      const run = timed(() => spawnSync(bulkhead, words, { stdio: ['ignore', answers, 'inherit'] }));
      closeSync(answers);
      if (run.result.status !== 0) throw new Error(`bulkhead decide ended with ${run.result.status}`);
      return run.took;
    };
    const reading = took('one.jsonl');
    return ((times * lines.length - 1) / (took('all.jsonl') - reading)) * 1000;
  } finally {
    rmSync(directory, { recursive: true });
  }
}
