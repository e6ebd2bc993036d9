import type { Done } from '../back-end.ts';
import { parseShared } from './held-table.ts';
import { clashesInRuleset, clashesInSaved, type MarkClash } from './mark-clashes.ts';
import { type DriverOptions, defaultDriverOptions, done, failed, run } from './nft.ts';
import { stampCount, stampOf } from './stamp.ts';

export type Marks = {
  readonly clashes: readonly MarkClash[];
  /** A mark of a flow whose bits of ours say something that we never gave out. */
  readonly isStrange: (mark: number) => boolean;
};

/**
 * Epochs are given out in order within a half (sweep.ts); of changes that were tried and taken back, a few beyond the
 * one that the table shows.
 */
const givenUnseen = 40;

/** Who else has to do with our bits of the conntrack mark. Only reads. */
export async function nftablesMarks(given: Partial<DriverOptions> = {}): Promise<Done<Marks>> {
  const options: DriverOptions = { ...defaultDriverOptions, ...given };
  const listed = await run(['-t', '-nn', '-j', 'list', 'ruleset'], options);
  if (listed.kind === 'failed') return listed;
  const inRuleset = clashesInRuleset(listed.value, options);
  if (inRuleset === null) return failed('enforce-unreadable', 'Cannot look for other marks: nft lists no JSON');
  const inSaved = (await savedTables(listed.value, options)).flatMap((text) => clashesInSaved(text, options));
  return done({ clashes: [...inRuleset, ...inSaved], isStrange: strangeness(listed.value, options.markMask) });
}

/** Rules of iptables are not in the JSON of nft. Nothing is asked where there are none: the older one would make tables. */
async function savedTables(json: string, options: DriverOptions): Promise<string[]> {
  const outside = options.command.slice(0, -1);
  const [program = 'cat', ...before] = [...outside, 'cat'];
  const older = await run(['/proc/net/ip_tables_names', '/proc/net/ip6_tables_names'], {
    ...options,
    command: [program, ...before],
  });
  const hasOlder = older.kind === 'done' && older.value.trim() !== '';
  if (!hasOlder && !json.includes('"xt"')) return [];
  const programs = ['iptables-save', 'ip6tables-save', ...(hasOlder ? ['iptables-legacy-save'] : [])];
  const texts = await Promise.all(programs.map((name) => run([], { ...options, command: [...outside, name] })));
  return texts.flatMap((text) => (text.kind === 'done' ? text.value : []));
}

function strangeness(json: string, markMask: number): Marks['isStrange'] {
  const epoch = epochOf(json);
  const count = stampCount(markMask);
  const half = Math.floor(count / 2);
  const { bits } = stampOf(1, markMask);
  const last = epoch === null ? count : epoch <= half ? half : count;
  return (mark) => {
    const stamp = ((mark & bits) >>> 0) / (bits / count);
    return epoch !== null && stamp > epoch + givenUnseen && stamp <= last;
  };
}

function epochOf(json: string): number | null {
  const [, text] = /"comment": ?"(epoch=[^"]*)"/.exec(json) ?? [];
  return text === undefined ? null : (parseShared(text)?.epoch ?? null);
}
