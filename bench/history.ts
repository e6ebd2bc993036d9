import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Bench, Figure } from './figure.ts';

/** What controller/history/measure-history.ts prints; bytes, milliseconds, rows per second. */
type Measured = {
  readonly before: number;
  readonly opened: number;
  readonly steady: number;
  readonly loaded: number;
  readonly latencies: readonly number[];
  readonly rowsPerSecond: number;
  readonly edges: number;
  readonly flows: number;
  readonly recent: number;
};

/** A process of its own: memory is the figure, and nothing imports the controller. */
const program = join(import.meta.dirname, '../controller/history/measure-history.ts');

export const history: Bench = {
  about: 'the flow store: acknowledgement, rows per second, memory, queries over 315,000 rows',
  defaultRepeats: 3,
  run: async (repeats, say) => {
    const rounds: Measured[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const { stdout } = await promisify(execFile)(process.execPath, [program]);
      rounds.push(JSON.parse(stdout) as Measured);
      say(`repeat ${repeat + 1} of ${repeats} done`);
    }
    const repeated = (name: string, unit: string, read: (one: Measured) => number): Figure => ({
      name,
      unit,
      shape: 'repeats',
      values: rounds.map(read),
    });
    const megabytes = (bytes: number): number => bytes / 2 ** 20;
    return [
      {
        name: 'append to acknowledgement, 100 rows, 15 batches/s',
        unit: 'ms',
        shape: 'samples',
        values: rounds.flatMap((one) => one.latencies),
      },
      repeated('rows stored per second at most', 'rows/s', (one) => one.rowsPerSecond),
      repeated('memory the open store adds', 'MB', (one) => megabytes(one.opened - one.before)),
      repeated('memory of the process after steady load', 'MB', (one) => megabytes(one.steady)),
      repeated('memory of the process after bulk load', 'MB', (one) => megabytes(one.loaded)),
      repeated('edges of everything', 'ms', (one) => one.edges),
      repeated('newest 1,000 rows', 'ms', (one) => one.flows),
      repeated('everything recent for a restart', 'ms', (one) => one.recent),
    ];
  },
};
