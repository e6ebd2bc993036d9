/** A rule of somebody else's that has to do with our bits of the conntrack mark. */
export type MarkClash = {
  /** Table and chain, as people name them. */
  readonly by: string;
  readonly does: 'writes' | 'reads';
  /** Those of ours that it touches. */
  readonly bits: number;
};

/** What a rule does to the conntrack mark; a bit may be in both. */
type Touched = { readonly writes: number; readonly reads: number };

const allBits = 0xffffffff;
const nothing: Touched = { writes: 0, reads: 0 };

/** In the JSON of `nft -j list ruleset`, outside of our own table. Null: it is not that. */
export function clashesInRuleset(json: string, ours: Ours): MarkClash[] | null {
  const rules = rulesOf(json);
  if (rules === null) return null;
  const others = rules.filter(({ family, table }) => !(family === 'inet' && table === ours.table));
  return merge(
    others.flatMap(({ family, table, chain, expr }) =>
      clashes(`nft ${family} ${table} ${chain}`, touchedByAll(expr ?? []), ours.markMask),
    ),
  );
}

export type Ours = { readonly table: string; readonly markMask: number };

/** In what `iptables-save` prints. */
export function clashesInSaved(text: string, { markMask }: Ours): MarkClash[] {
  let table = '';
  const found: MarkClash[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) table = line.slice(1);
    const [, chain] = /^(?:\[\d+:\d+\] )?-A (\S+) /.exec(line) ?? [];
    if (chain !== undefined) found.push(...clashes(`iptables ${table} ${chain}`, touchedBySaved(line), markMask));
  }
  return merge(found);
}

type ListedRule = {
  readonly family: string;
  readonly table: string;
  readonly chain: string;
  readonly expr?: readonly unknown[];
};

function rulesOf(json: string): ListedRule[] | null {
  try {
    const listed = (JSON.parse(json) as { readonly nftables?: readonly { readonly rule?: ListedRule }[] }).nftables;
    return listed === undefined ? null : listed.flatMap(({ rule }) => rule ?? []);
  } catch {
    return null;
  }
}

function clashes(by: string, { writes, reads }: Touched, markMask: number): MarkClash[] {
  const of = (does: MarkClash['does'], bits: number): MarkClash[] =>
    (bits & markMask) === 0 ? [] : [{ by, does, bits: (bits & markMask) >>> 0 }];
  return [...of('writes', writes), ...of('reads', reads)];
}

/** One for each chain and deed: a hundred rules in a chain are one thing to mend. */
function merge(found: readonly MarkClash[]): MarkClash[] {
  const out = new Map<string, MarkClash>();
  for (const clash of found) {
    const key = `${clash.by} ${clash.does}`;
    out.set(key, { ...clash, bits: (clash.bits | (out.get(key)?.bits ?? 0)) >>> 0 });
  }
  return [...out.values()];
}

const touchedByAll = (expressions: readonly unknown[]): Touched =>
  expressions.map(touchedBy).reduce((a, b) => ({ writes: a.writes | b.writes, reads: a.reads | b.reads }), nothing);

function touchedBy(expression: unknown): Touched {
  const { mangle, match } = fields(expression);
  if (mangle !== undefined) {
    const { key, value } = fields(mangle);
    if (isMark(key)) return { writes: writtenBy(value), reads: 0 };
    // As when a packet is given the mark of its flow: our bits come along.
    return { writes: 0, reads: readBy(value) };
  }
  return match === undefined ? nothing : { writes: 0, reads: readBy(fields(match).left) };
}

/** The bits that may be others than before: all of them where the value is not made from the mark itself. */
function writtenBy(value: unknown): number {
  if (isMark(value)) return 0;
  for (const [operator, operands] of Object.entries(fields(value))) {
    const [left, right] = Array.isArray(operands) ? operands : [];
    if (typeof right !== 'number') continue;
    if (operator === '|' || operator === '^') return (writtenBy(left) | right) >>> 0;
    if (operator === '&') return (writtenBy(left) | ~right) >>> 0;
  }
  return allBits;
}

function readBy(value: unknown): number {
  if (isMark(value)) return allBits;
  const operands = fields(value)['&'];
  if (Array.isArray(operands) && isMark(operands[0])) return typeof operands[1] === 'number' ? operands[1] : allBits;
  const inner = Object.values(fields(value)).filter((part) => typeof part === 'object');
  return inner.flat().reduce<number>((bits, part) => bits | readBy(part), 0);
}

const isMark = (value: unknown): boolean => fields(fields(value).ct).key === 'mark';

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};

/** It prints every form of a target in one of three. */
function touchedBySaved(line: string): Touched {
  const masked = (option: string): readonly [value: number, mask: number] | null => {
    const [, value, mask] = new RegExp(`${option} (0x[0-9a-f]+|\\d+)(?:/(0x[0-9a-f]+|\\d+))?`).exec(line) ?? [];
    return value === undefined ? null : [Number(value), mask === undefined ? allBits : Number(mask)];
  };
  const isTarget = / -j CONNMARK /.test(line);
  const set = isTarget ? masked('--set-xmark') : null;
  const saves = isTarget && line.includes('--save-mark');
  const restores = isTarget && line.includes('--restore-mark');
  const ctmask = masked('--ctmask')?.[0] ?? allBits;
  const matched = / -m connmark /.test(line) ? masked('--mark') : null;
  return {
    writes: ((set === null ? 0 : set[0] | set[1]) | (saves ? ctmask | (masked('--nfmask')?.[0] ?? allBits) : 0)) >>> 0,
    reads: ((restores ? ctmask : 0) | (matched?.[1] ?? 0)) >>> 0,
  };
}
