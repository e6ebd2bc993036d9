import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { checkedRun, defaultRun, repository } from './site.ts';
import { type SynthWords, synthFlags } from './synth/options.ts';

export const defaultFile = `${repository}/examples/shop.yaml`;

export type Options = {
  readonly words: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
  readonly run: string;
  readonly foreground: boolean;
  readonly agents: boolean;
  readonly controllerSocket: string | null;
  readonly agentsSocket: string | null;
  readonly reset: boolean;
  readonly family: 4 | 6;
  /** Flags of `synth` as they were written. */
  readonly synth: SynthWords;
};

export type ParsedOptions =
  | { readonly kind: 'options'; readonly options: Options }
  | { readonly kind: 'bad'; readonly message: string };

/** Everything after `--` is left in `words` as it is: the command of `run-on`. */
export function parseOptions(argv: readonly string[]): ParsedOptions {
  const cut = argv.indexOf('--');
  const [own, rest] = cut < 0 ? [argv, []] : [argv.slice(0, cut), argv.slice(cut + 1)];
  try {
    const { values, positionals } = parseArgs({ args: [...own], allowPositionals: true, options: known });
    const run = checkedRun(values.run ?? defaultRun);
    if (run === null) return bad(`Cannot use run directory "${values.run}": its name must begin with bulkhead-lab`);
    const path = (value: string | undefined): string | null => (value === undefined ? null : resolve(value));
    const options: Options = {
      words: [...positionals, ...rest],
      json: values.json ?? false,
      help: values.help ?? false,
      run,
      foreground: values.foreground ?? false,
      agents: !(values['no-agents'] ?? false),
      controllerSocket: path(values['controller-socket']),
      agentsSocket: path(values['agents-socket'] ?? besides(values['controller-socket'])),
      reset: values.reset ?? false,
      family: values.ipv6 === true ? 6 : 4,
      synth: values,
    };
    return { kind: 'options', options };
  } catch (error) {
    return bad(error instanceof Error ? error.message : String(error));
  }
}

const known = {
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  run: { type: 'string' },
  foreground: { type: 'boolean' },
  'no-agents': { type: 'boolean' },
  'controller-socket': { type: 'string' },
  'agents-socket': { type: 'string' },
  reset: { type: 'boolean' },
  ipv6: { type: 'boolean' },
  ...synthFlags,
} as const;

/** Where the controller of the demo and of the tests listens for agents unless it is said. */
const besides = (socket: string | undefined): string | undefined =>
  socket === undefined ? undefined : `${dirname(socket)}/agents.sock`;

const bad = (message: string): ParsedOptions => ({ kind: 'bad', message });

export const helpText = `bulkhead lab - an estate of network-namespace hosts with real daemons and traffic (root)

  lab up [FILE]            bring the estate up (default: examples/shop.yaml) and return when everything answers
      --controller-socket S  the controller's local socket (DATA/control.sock): start an agent on every managed host
      --agents-socket S      the controller's socket for agents (default: agents.sock beside the other); hosts reach it
                             through the lab's router
      --no-agents            no agents even with a controller
      --foreground           stay; the estate ends with this process, SIGKILL included
  lab down                 end it and remove everything it made
  lab status               hosts, units, processes, memory
  lab traffic [--reset]    attempts, successes and failures of every declared edge since the last reset
  lab trigger JOB          run a job now (report)
  lab attack scan|sideways [FROM]   connect from the attacker: open, closed or filtered per target
  lab connect FROM TO SERVICE       one probe; exit 1 unless it is open
  lab hold FROM TO SERVICE          open a connection that stays
  lab hold check|close ID           does data still flow on it; let it go
  lab agent start|stop|kill HOST    the agent of one host; kill is SIGKILL
  lab run FILE             run a scripted scenario (a YAML list of steps)
  lab run-on HOST -- CMD   run a command on a host
  lab estate [FILE]        print the estate's Workload documents
  lab synth                feed a controller with a synthetic estate: no hosts, no root, the real doors
      --data DIR             the controller's data directory (or --controller-socket S); it has to hold no workloads
      --workloads N --apps M --edges E   how many (default 2000, 40, 20000); edges are distinct
      --seed NUMBER          another estate (default 1); the same seed makes the same
      --reporters SHARE      the share of workloads, 0 to 1, that report at least (default 0: as few as edges need)
      --repeat SECONDS       report again and again, until Ctrl-C or --for SECONDS
      --stay                 keep the sessions open until Ctrl-C or --for SECONDS
      --add                  beside the workloads that are there

  --run DIR   where the lab lives (default ${defaultRun}); the name begins with bulkhead-lab
  --ipv6      connect and hold over IPv6
  --json      machine-readable output
  exit: 0 ok, 1 the answer is no, 2 bad input, 3 cannot reach or do
`;
