import { homedir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultSizeBudget, type SizeBudget } from '@bulkhead/model/host-ruleset-size.ts';
import { type ListenAddress, parseListenAddress } from './agents/listen-address.ts';
import { type GivenClusters, parseClusters } from './clusters/cluster-options.ts';
import { type ControllerEntry, parseControllerEntry } from './provision/lifelines.ts';

export type UpOptions = {
  readonly data: string;
  readonly listen: ListenAddress;
  readonly listenAgents: readonly ListenAddress[];
  readonly lifelines: readonly ControllerEntry[];
  /** MiB of the flow database. */
  readonly historyMemory: number;
  /** Milliseconds. */
  readonly certificateLifetime: number;
  readonly kubernetes: GivenClusters;
  /** What one host may be asked to hold. */
  readonly budget: SizeBudget;
  /** Versions come to hosts in waves where nobody says it. */
  readonly waves: boolean;
  /** Which cells hosts try of each other with packets (docs/proof.md). */
  readonly probe: ProbeChoice;
  readonly json: boolean;
};

const probeChoices = ['off', 'closed', 'all'] as const;
export type ProbeChoice = (typeof probeChoices)[number];

export const usage = `bulkhead up [options]        the controller with its embedded stores

  --data DIR                         where everything is kept (default ${defaultData()})
  --listen ADDR:PORT                 API over HTTPS (default 127.0.0.1:8443)
  --listen-agents ADDR:PORT|unix:PATH  where agents connect, repeatable (default 0.0.0.0:8444)
  --lifeline-controller PREFIX/PORT  an address agents reach this controller by, such as that of a relay; repeatable
  --history-memory MIB               memory of the flow database (default 128)
  --certificate-lifetime DURATION    how long a host's certificate is good, such as 45s, 12h or 30d (default 30d);
                                     agents renew theirs when a third of it is left
  --host-memory MB                   kernel memory that the rules of one host may take, by prediction (default 60)
  --host-elements NUMBER             addresses, prefixes, ports and cells that they may have (default 500000); a policy
                                     that asks more of a host is refused
  --waves on|off                     whether versions come to hosts in waves that are watched and taken back, where
                                     whoever provisions does not say it (default on; see controller/provision/SPEC.md)
  --probe off|closed|all             what hosts try of each other with packets: nothing, cells that must be closed, or also
                                     those that must be open, which servers see and may log (default closed)
  --kubernetes NAME=KUBECONFIG       watch a cluster, whose pods become workloads; repeatable, and each file
                                     DIR/kubernetes/NAME.kubeconfig is one, too
  --kubernetes-network NAME=NETWORK  the network of a cluster's addresses (default main); repeatable
  --kubernetes-prefixed NAME         put the cluster's name before those of its workloads, NAME/namespace/pod,
                                     where two clusters have pods of the same names; repeatable
  --json                             one JSON line about the start instead of text
`;

/** The options, or what is wrong with them in one sentence. */
export function parseUpOptions(args: readonly string[]): UpOptions | string {
  let values: ReturnType<typeof read>;
  try {
    values = read(args);
  } catch (error) {
    return `Cannot read the command line: ${error instanceof Error ? error.message : String(error)}`;
  }
  const listen = parseListenAddress(values.listen);
  if (listen === null) return `Cannot listen on "${values.listen}": ADDR:PORT is needed`;
  const listenAgents = values['listen-agents'].map((text) => ({ text, address: parseListenAddress(text) }));
  const wrong = listenAgents.find(({ address }) => address === null);
  if (wrong !== undefined) return `Cannot listen on "${wrong.text}": ADDR:PORT or unix:/PATH is needed`;
  const lifelines = values['lifeline-controller'].map((text) => ({ text, entry: parseControllerEntry(text) }));
  const unread = lifelines.find(({ entry }) => entry === null);
  if (unread !== undefined) return `Cannot use lifeline "${unread.text}": PREFIX/PORT such as 10.0.0.1/8444 is needed`;
  const historyMemory = Number(values['history-memory']);
  if (!Number.isInteger(historyMemory) || historyMemory < 32 || historyMemory > 65_536) {
    return `Cannot give the history "${values['history-memory']}" MiB: a whole number from 32 to 65536 is needed`;
  }
  const certificateLifetime = parseLifetime(values['certificate-lifetime']);
  if (certificateLifetime === null) {
    return `Cannot give certificates the lifetime "${values['certificate-lifetime']}": one from 5s to 397d is needed, like 12h or 30d`;
  }
  const budget = { elements: Number(values['host-elements']), bytes: Number(values['host-memory']) * 1e6 };
  if (!Number.isInteger(budget.elements) || budget.elements < 1000 || !(budget.bytes >= 1e6)) {
    return `Cannot give a host "${values['host-memory']}" MB and "${values['host-elements']}" elements: at least 1 and 1000 are needed`;
  }
  if (values.waves !== 'on' && values.waves !== 'off') {
    return `Cannot provision in waves "${values.waves}": on or off is needed`;
  }
  const probe = probeChoices.find((choice) => choice === values.probe);
  if (probe === undefined) return `Cannot probe "${values.probe}": ${probeChoices.join(', ')} is needed`;
  const kubernetes = {
    clusters: values.kubernetes,
    networks: values['kubernetes-network'],
    prefixed: values['kubernetes-prefixed'],
  };
  const clusters = parseClusters(kubernetes);
  if (typeof clusters === 'string') return clusters;
  return {
    data: values.data,
    listen,
    listenAgents: listenAgents.flatMap(({ address }) => address ?? []),
    lifelines: lifelines.flatMap(({ entry }) => entry ?? []),
    historyMemory,
    certificateLifetime,
    kubernetes,
    budget,
    waves: values.waves === 'on',
    probe,
    json: values.json,
  };
}

function read(args: readonly string[]) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      data: { type: 'string', default: defaultData() },
      listen: { type: 'string', default: '127.0.0.1:8443' },
      'listen-agents': { type: 'string', multiple: true, default: ['0.0.0.0:8444'] },
      'lifeline-controller': { type: 'string', multiple: true, default: [] },
      'history-memory': { type: 'string', default: '128' },
      'certificate-lifetime': { type: 'string', default: '30d' },
      'host-memory': { type: 'string', default: String(defaultSizeBudget.bytes / 1e6) },
      'host-elements': { type: 'string', default: String(defaultSizeBudget.elements) },
      waves: { type: 'string', default: 'on' },
      probe: { type: 'string', default: 'closed' },
      kubernetes: { type: 'string', multiple: true, default: [] },
      'kubernetes-network': { type: 'string', multiple: true, default: [] },
      'kubernetes-prefixed': { type: 'string', multiple: true, default: [] },
      json: { type: 'boolean', default: false },
    },
  });
  return values;
}

const units: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };
const [shortestLifetime, longestLifetime] = [5 * 1000, 397 * 86_400_000];

function parseLifetime(text: string): number | null {
  const [, number, unit = ''] = /^(\d{1,9}) ?(s|min|h|d)$/.exec(text) ?? [];
  const milliseconds = Number(number) * (units[unit] ?? Number.NaN);
  return milliseconds >= shortestLifetime && milliseconds <= longestLifetime ? milliseconds : null;
}

function defaultData(): string {
  return process.getuid?.() === 0 ? '/var/lib/bulkhead' : join(homedir(), '.local/share/bulkhead');
}
