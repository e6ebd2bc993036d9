import type { Options } from '../options.ts';
import { type DoorAddress, parseDoorAddress } from './agents-door.ts';
import { type ControllerApi, openControllerApi } from './controller-api.ts';
import { type Fed, feed } from './feed.ts';
import { parseSynthOptions } from './options.ts';
import { type Plan, planEstate } from './plan.ts';
import { progressTo } from './progress.ts';

/** The part of `GET /status` that is looked at. */
type Status = {
  readonly agentAddresses: readonly string[];
  readonly workloads: { readonly managed: number; readonly unmanaged: number };
  readonly edges: { readonly edges: number; readonly overflowAttempts: number };
  readonly reports: { readonly foreignReports: number };
  readonly memoryBytes: number;
};

/** Feeds a running controller with a synthetic estate; 0, or 1 when the controller did not keep all of it. */
export async function synth({ synth: words, controllerSocket, json }: Options): Promise<number> {
  const options = parseSynthOptions(words, controllerSocket);
  if (typeof options === 'string') return say(2, options);
  const given = words['agents-socket'];
  const api = openControllerApi(options.controllerSocket);
  try {
    const before = await status(api);
    const { managed, unmanaged } = before.workloads;
    if (managed + unmanaged > 0 && !options.add) {
      const so = `the controller holds ${managed + unmanaged} workloads already`;
      return say(3, `Cannot make a synthetic estate: ${so}, an empty data directory or --add is needed`);
    }
    const address = doorOf(typeof given === 'string' ? [`unix:${given}`] : before.agentAddresses);
    if (address === null) return say(3, 'Cannot enrol: the controller listens for agents nowhere that can be reached');
    const plan = planEstate({ ...options, taken: await takenBy(api, managed + unmanaged) });
    if (typeof plan === 'string') return say(2, plan);
    const clock = () => performance.timeOrigin + performance.now();
    const progress = progressTo((line) => process.stderr.write(line), clock);
    const parts = { api, address, options, progress, clock: () => Date.now(), stop: stopped() };
    const fed = await feed(plan, parts);
    return summary({ plan, fed, before, after: await status(api), json });
  } finally {
    api.end();
  }
}

const status = async (api: ControllerApi): Promise<Status> =>
  (await api.ask({ method: 'GET', path: '/status' })) as Status;

/** Sockets of the file system first: they are this machine for certain. */
function doorOf(texts: readonly string[]): DoorAddress | null {
  const addresses = texts.map(parseDoorAddress).filter((address) => address !== null);
  return addresses.find((address) => 'path' in address) ?? addresses[0] ?? null;
}

/** Names and addresses of the workloads that are there. */
async function takenBy(api: ControllerApi, workloads: number): Promise<Set<string>> {
  const taken = new Set<string>();
  for (let cursor: string | null = ''; cursor !== null && workloads > 0; ) {
    const path = `/workloads?limit=1000${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page = (await api.ask({ method: 'GET', path })) as WorkloadPage;
    for (const { name, addresses } of page.items) {
      taken.add(name);
      for (const { address } of addresses) taken.add(address);
    }
    cursor = page.next;
  }
  return taken;
}

type WorkloadPage = {
  readonly items: readonly { readonly name: string; readonly addresses: readonly { readonly address: string }[] }[];
  readonly next: string | null;
};

function stopped(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => stop.abort(new Error('it was interrupted, the estate is not whole')));
  }
  return stop.signal;
}

type Outcome = {
  readonly plan: Plan;
  readonly fed: Fed;
  readonly before: Status;
  readonly after: Status;
  readonly json: boolean;
};

function summary({ plan, fed, before, after, json }: Outcome): number {
  const overflow = after.edges.overflowAttempts - before.edges.overflowAttempts;
  const foreign = after.reports.foreignReports - before.reports.foreignReports;
  const made = { workloads: plan.workloads.length, reporters: plan.reports.size, edges: plan.edges.length };
  const controller = { edges: after.edges.edges, memoryBytes: after.memoryBytes, overflow, foreign };
  const megabytes = (after.memoryBytes / 1e6).toFixed(0);
  const text = `${made.workloads} workloads, ${made.reporters} of them reporting, ${made.edges} edges, ${fed.reports} reports in ${fed.rounds} rounds\nthe controller holds ${after.edges.edges} edges in ${megabytes} MB\n`;
  process.stdout.write(json ? `${JSON.stringify({ ...made, ...fed, controller })}\n` : text);
  if (overflow + foreign === 0) return 0;
  return say(1, `The controller did not keep ${overflow} attempts beyond its limits and ${foreign} reports`);
}

function say(code: number, text: string): number {
  process.stderr.write(`${text}\n`);
  return code;
}
