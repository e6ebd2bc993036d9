import { type ChildProcess, spawn } from 'node:child_process';
import { addressFamily, parseAddress } from '@bulkhead/net/address.ts';
import type { Done } from '../back-end.ts';
import type { NameChange, NamedAddress, NameTable } from '../name-table.ts';
import { nameSetName } from './name-sets.ts';
import { apply, type DriverOptions, defaultDriverOptions, done, failed, mapDone } from './nft.ts';

/** Beyond it the reader is behind; what is not put now is put when the whole is compared. */
const mostWaiting = 256 * 1024;
/** nft keeps a history of what it was told in the home of whoever runs it. */
const homeless = { ...process.env, HOME: '/dev/null' };

/** The sets of one place of the table, in the network namespace that the process is in. */
export function nftablesNames(given: Partial<DriverOptions> & { readonly place?: number } = {}): NameTable {
  const { place = 0, ...others } = given;
  const options: DriverOptions = { ...defaultDriverOptions, ...others };
  const line = (verb: 'add' | 'delete', { name, address, seconds }: Omit<NamedAddress, 'seconds'> & Timed) => {
    const set = nameSetName(place, name, addressFamily(address));
    const timeout = seconds === undefined ? '' : ` timeout ${Math.max(1, Math.ceil(seconds))}s`;
    return `${verb} element inet ${options.table} ${set} { ${address}${timeout} }`;
  };
  // Kernels before 6.12 leave the time of an element that is there as it is: it is taken away and put back in one go.
  const renewed = (one: NamedAddress) => [
    line('add', { ...one, seconds: 1 }),
    line('delete', untimed(one)),
    line('add', one),
  ];
  const writer = new Writer(options);
  return {
    read: (names) => read(names, place, options),
    change: async ({ put, removed }: NameChange) => {
      const lines = [
        ...removed.flatMap((one) => [line('add', { ...one, seconds: 1 }), line('delete', one)]),
        ...put.flatMap(renewed),
      ];
      return lines.length === 0 ? done(null) : mapDone(await apply(`${lines.join('\n')}\n`, options), () => null);
    },
    put: (addresses) => writer.write(addresses.map((one) => renewed(one).join('; '))),
    close: () => writer.close(),
  };
}

type Timed = { readonly seconds?: number };
const untimed = ({ name, address }: NamedAddress): Omit<NamedAddress, 'seconds'> => ({ name, address });

/** One nft that stays and takes a line per transaction: starting one takes ten times as long. */
class Writer {
  readonly #options: DriverOptions;
  #child: ChildProcess | null = null;

  constructor(options: DriverOptions) {
    this.#options = options;
  }

  write(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.#child ??= this.#start();
    const { stdin } = this.#child;
    if (stdin !== null && stdin.writableLength < mostWaiting) stdin.write(`${lines.join('\n')}\n`);
  }

  close(): void {
    this.#child?.stdin?.end();
    this.#child = null;
  }

  #start(): ChildProcess {
    const [program = 'nft', ...before] = this.#options.command;
    const child = spawn(program, [...before, '-i'], { stdio: ['pipe', 'ignore', 'ignore'], env: homeless });
    const gone = () => {
      if (this.#child === child) this.#child = null;
    };
    child.on('error', gone);
    child.on('exit', gone);
    child.stdin?.on('error', gone);
    return child;
  }
}

/** A command per set and not one for all: that one would fetch the elements of every map of the table. */
async function read(names: readonly string[], place: number, options: DriverOptions): Promise<Done<NamedAddress[]>> {
  if (names.length === 0) return done([]);
  const sets = new Map(
    names.flatMap((name) => ([4, 6] as const).map((family) => [nameSetName(place, name, family), name])),
  );
  const commands = [...sets.keys()].map((set) => `list set inet ${options.table} ${set}\n`).join('');
  const listed = await ask(commands, options);
  if (listed.kind === 'failed') return listed;
  const out: NamedAddress[] = [];
  for (const text of listed.value.split('\n')) {
    const set = setIn(text);
    const name = set === null ? undefined : sets.get(set.name);
    if (set === null || name === undefined) continue;
    for (const { val, expires } of set.elements) {
      const address = parseAddress(val);
      if (address !== null) out.push({ name, address, seconds: expires });
    }
  }
  return done(out);
}

function ask(commands: string, options: DriverOptions): Promise<Done<string>> {
  const [program = 'nft', ...before] = options.command;
  return new Promise((resolve) => {
    const child = spawn(program, [...before, '-j', '-i'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      env: homeless,
      timeout: options.timeout,
    });
    const parts: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => parts.push(bytes));
    child.stdin.on('error', () => {});
    child.on('error', (error) => resolve(failed('enforce-missing', `Cannot read names with nft: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (signal === null && code === 0) resolve(done(Buffer.concat(parts).toString('utf8')));
      else resolve(failed('enforce-refused', `Cannot read names with nft: it ended with ${code ?? signal}`));
    });
    child.stdin.end(commands);
  });
}

type Listed = {
  readonly name: string;
  readonly elements: readonly { readonly val: string; readonly expires: number }[];
};

/** Null: a line that lists no set. */
function setIn(text: string): Listed | null {
  try {
    const parsed = JSON.parse(text) as { readonly nftables?: readonly { readonly set?: Raw }[] };
    const set = parsed.nftables?.find((item) => item.set !== undefined)?.set;
    if (set === undefined) return null;
    const elements = (set.elem ?? []).flatMap((item) => {
      const { val, expires } = (item as { readonly elem?: { val?: unknown; expires?: unknown } }).elem ?? { val: item };
      return typeof val === 'string'
        ? [{ val, expires: typeof expires === 'number' ? expires : Number.MAX_SAFE_INTEGER }]
        : [];
    });
    return { name: String(set.name), elements };
  } catch {
    return null;
  }
}

type Raw = { readonly name?: unknown; readonly elem?: readonly unknown[] };
