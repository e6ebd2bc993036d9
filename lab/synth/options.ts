import { join, resolve } from 'node:path';

/** Flags of `lab synth`, as `parseArgs` reads them. `--controller-socket`, `--agents-socket`, `--json` are the lab's. */
export const synthFlags = {
  workloads: { type: 'string' },
  apps: { type: 'string' },
  edges: { type: 'string' },
  seed: { type: 'string' },
  data: { type: 'string' },
  reporters: { type: 'string' },
  repeat: { type: 'string' },
  for: { type: 'string' },
  stay: { type: 'boolean' },
  add: { type: 'boolean' },
} as const;

export type SynthWords = { readonly [F in keyof typeof synthFlags | 'agents-socket']?: string | boolean | undefined };

export type SynthOptions = {
  readonly workloads: number;
  readonly apps: number;
  readonly edges: number;
  readonly seed: number;
  readonly reporters: number;
  readonly controllerSocket: string;
  readonly add: boolean;
  readonly stay: boolean;
  /** Milliseconds between rounds; null: one round. */
  readonly repeat: number | null;
  /** Milliseconds after the first round; null: until it is asked to end. */
  readonly lasts: number | null;
};

/** The controller's limit on rows of an import. */
const workloadLimit = 200_000;
/** The controller's limit on live edges; what is above it is counted there and not shown. */
const edgeLimit = 100_000;

type Range = { readonly least: number; readonly most: number; readonly whole: boolean; readonly standard: number };
const ranges = {
  workloads: { least: 2, most: workloadLimit, whole: true, standard: 2000 },
  apps: { least: 1, most: 10_000, whole: true, standard: 40 },
  edges: { least: 1, most: edgeLimit, whole: true, standard: 20_000 },
  seed: { least: 0, most: 2 ** 32 - 1, whole: true, standard: 1 },
  reporters: { least: 0, most: 1, whole: false, standard: 0 },
  repeat: { least: 0.1, most: 3600, whole: false, standard: Number.NaN },
  for: { least: 0, most: 1e6, whole: false, standard: Number.NaN },
} as const satisfies Record<string, Range>;

/** The options, or what is wrong with them in one sentence. */
export function parseSynthOptions(words: SynthWords, controllerSocket: string | null): SynthOptions | string {
  const { data, stay = false, add = false } = words;
  const socket = controllerSocket ?? (typeof data === 'string' ? join(resolve(data), 'control.sock') : null);
  if (socket === null) return 'Cannot find the controller: --data DIR or --controller-socket SOCKET is needed';
  const numbers = readNumbers(words);
  if (typeof numbers === 'string') return numbers;
  const { repeat, for: lasts, ...counts } = numbers;
  const milliseconds = (seconds: number): number | null => (Number.isNaN(seconds) ? null : seconds * 1000);
  if (!Number.isNaN(lasts) && Number.isNaN(repeat) && stay !== true) {
    return `Cannot go on for ${lasts} s: nothing lasts, --repeat or --stay is needed`;
  }
  return {
    ...counts,
    controllerSocket: socket,
    add: add === true,
    stay: stay === true,
    repeat: milliseconds(repeat),
    lasts: milliseconds(lasts),
  };
}

function readNumbers(words: SynthWords): Record<keyof typeof ranges, number> | string {
  const out = Object.fromEntries(Object.entries(ranges).map(([name, { standard }]) => [name, standard as number]));
  for (const [name, { least, most, whole }] of Object.entries(ranges)) {
    const text = words[name as keyof typeof ranges];
    if (text === undefined) continue;
    const number = typeof text === 'string' && /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    if (!(number >= least && number <= most) || (whole && !Number.isInteger(number))) {
      return `Cannot use --${name} "${text}": a ${whole ? 'whole number' : 'number'} from ${least} to ${most} is needed`;
    }
    out[name] = number;
  }
  return out as Record<keyof typeof ranges, number>;
}
