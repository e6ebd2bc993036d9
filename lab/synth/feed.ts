import { setTimeout as delay } from 'node:timers/promises';
import type { DoorAddress } from './agents-door.ts';
import type { ControllerApi } from './controller-api.ts';
import { eachOf } from './each-of.ts';
import type { SynthEdge } from './edges.ts';
import { type Enrolled, enrolReporters } from './enrolment.ts';
import type { SynthOptions } from './options.ts';
import type { Plan } from './plan.ts';
import type { Progress } from './progress.ts';
import { inSession, type Stay } from './reporter.ts';
import { reportsOf } from './reports.ts';
import type { SynthWorkload } from './workloads.ts';

export type FeedParts = {
  readonly api: ControllerApi;
  readonly address: DoorAddress;
  readonly options: SynthOptions;
  readonly progress: Progress;
  readonly clock: () => number;
  readonly stop: AbortSignal;
};

export type Fed = {
  readonly rounds: number;
  readonly reports: number;
  /** Seconds. */
  readonly seconds: Readonly<Record<'enrol' | 'import' | 'report', number>>;
};

/** Enrolments and sessions under way at once: the more there are, the more changes the controller compiles together. */
const width = 256;
/** Rows of one import, which is one transaction that everything else waits for. */
const importRows = 5000;
/** Reports of one batch, as a busy host would send in some seconds. */
const batchRows = 4096;

/**
 * Enrols, imports the rest, reports, in this order: the controller compiles all managed hosts after every change of the
 * estate, which is the cheaper the fewer workloads there are, and labels reports when they come.
 */
export async function feed(plan: Plan, parts: FeedParts): Promise<Fed> {
  const { clock, stop, options } = parts;
  const seconds = { enrol: 0, import: 0, report: 0 };
  const timed = async <T>(what: keyof typeof seconds, work: Promise<T>): Promise<T> => {
    const began = clock();
    const result = await work;
    seconds[what] = (clock() - began) / 1000;
    return result;
  };
  const enrolled = await timed('enrol', enrolReporters(plan, { ...parts, at: { width, stop }, stay: options.stay }));
  const stay = { door: enrolled.door, stay: options.stay };
  await timed('import', importOthers(plan, parts));
  let reports = await timed('report', round(plan, { enrolled, stay }, parts));
  let rounds = 1;
  const { repeat, lasts } = options;
  const until = clock() + (lasts ?? Number.POSITIVE_INFINITY);
  while (!stop.aborted && (repeat !== null || options.stay)) {
    const pause = Math.min(repeat ?? longPause, until - clock());
    await delay(Math.max(0, pause), undefined, { signal: stop }).catch(() => {});
    if (stop.aborted || clock() >= until) break;
    if (repeat === null) continue;
    const sent = await round(plan, { enrolled, stay }, parts).catch((error: unknown) => {
      // The estate is whole since the first round: being asked to end is no failure any more.
      if (stop.aborted) return null;
      throw error;
    });
    if (sent === null) break;
    reports += sent;
    rounds++;
  }
  for (const { session } of enrolled.reporters) session?.close();
  return { rounds, reports, seconds };
}

const longPause = 3_600_000;

async function importOthers({ workloads, reports }: Plan, { api, progress, stop }: FeedParts): Promise<void> {
  const others = workloads.filter((workload) => !reports.has(workload));
  const step = progress('imported', others.length);
  for (let first = 0; first < others.length; first += importRows) {
    stop.throwIfAborted();
    const rows = others.slice(first, first + importRows);
    await api.ask({ method: 'POST', path: '/workloads/import', type: 'text/csv', body: csvOf(rows) });
    step.add(rows.length);
  }
  step.end();
}

function csvOf(workloads: readonly SynthWorkload[]): string {
  const rows = workloads.map(({ name, v4, v6, labels }) => {
    const { role, app, env, loc } = labels;
    return [name, v6 === null ? v4 : `${v4} ${v6}`, role, app, env, loc].join(',');
  });
  return `name,addresses,role,app,env,loc\n${rows.join('\n')}\n`;
}

type Reporting = { readonly enrolled: Enrolled; readonly stay: Stay };

/** Every reporter's edges once; the number of reports. */
async function round(plan: Plan, { enrolled, stay }: Reporting, parts: FeedParts): Promise<number> {
  const { clock, progress, stop } = parts;
  const step = progress('edges', plan.edges.length);
  const told = new Set<SynthEdge>();
  const isReporter = (workload: SynthWorkload): boolean => plan.reports.has(workload);
  let sent = 0;
  await eachOf(enrolled.reporters, { width, stop }, (reporter) =>
    inSession(reporter, stay, async (session) => {
      const generation = reporter.agent.held?.generation ?? 0;
      const reports = reportsOf(reporter.workload, reporter.edges, { now: clock(), generation, isReporter });
      for (let first = 0; first < reports.length; first += batchRows) {
        await session.batch(reports.slice(first, first + batchRows));
      }
      sent += reports.length;
      const before = told.size;
      for (const edge of reporter.edges) told.add(edge);
      step.add(told.size - before);
    }),
  );
  step.end();
  return sent;
}
