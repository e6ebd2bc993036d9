import { type HeldTable, parseHeld, parseShared } from './held-table.ts';
import { protocolText } from './service-maps.ts';

/** One table as `nft -nn -j list table` prints it, in the words of the shape it is compared with. */
export type TableReading = {
  /** Null when the table does not say it, or not in our words. */
  readonly held: HeldTable | null;
  /** Packets by counter name. */
  readonly counters: ReadonlyMap<string, number>;
  readonly countersInUse: ReadonlySet<string>;
  readonly maps: ReadonlyMap<string, MapReading>;
  readonly sets: ReadonlyMap<string, SetReading>;
  readonly chains: ReadonlyMap<string, ChainReading>;
};

export type MapReading = {
  readonly type: string | readonly string[];
  readonly value: string;
  readonly flags: readonly string[];
  readonly elements: ReadonlyMap<string, string>;
};
export type SetReading = {
  readonly type: string;
  readonly flags: readonly string[];
  readonly elements: ReadonlySet<string>;
};
export type ChainReading = {
  readonly hook: string | null;
  readonly priority: number | null;
  readonly policy: string | null;
  /** The statements of each rule, as listed. */
  readonly rules: readonly (readonly unknown[])[];
};

/** Null when the text is not a listing: cut short, or of another tool. */
export function readTable(json: string): TableReading | null {
  const listing = parseListing(json);
  if (listing === null) return null;
  const counters = new Map<string, number>();
  const maps = new Map<string, MapReading>();
  const sets = new Map<string, SetReading>();
  const chains = new Map<string, Mutable>();
  const countersInUse = new Set<string>();
  const says: string[] = [];
  for (const [kind, item] of listing) {
    const name = asText(item.name);
    if (kind === 'counter') counters.set(name, asNumber(item.packets));
    else if (kind === 'map') maps.set(name, readMap(item));
    else if (kind === 'set') sets.set(name, readSet(item));
    else if (kind === 'chain') chains.set(name, readChain(item));
    else if (kind === 'rule') {
      const statements = asList(item.expr);
      chains.get(asText(item.chain))?.rules.push(statements);
      for (const name of counterNames(statements)) countersInUse.add(name);
      if (item.chain === 'held') says.push(asText(item.comment));
    }
  }
  return { held: readHeld(says), counters, countersInUse, maps, sets, chains };
}

/** Null unless every rule there says something, and no place twice. */
function readHeld([first, ...others]: readonly string[]): HeldTable | null {
  const shared = parseShared(first ?? '');
  const places = others.map(parseHeld);
  if (shared === null || places.includes(null)) return null;
  const known = new Map(places.flatMap((said) => (said === null ? [] : [[said.place, said.numbers]])));
  return known.size === places.length ? { ...shared, places: known } : null;
}

type Item = Readonly<Record<string, unknown>>;
type Mutable = Omit<ChainReading, 'rules'> & { readonly rules: (readonly unknown[])[] };

function parseListing(json: string): [string, Item][] | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(json);
  } catch {
    return null;
  }
  if (!isItem(parsed) || !Array.isArray(parsed.nftables)) return null;
  return parsed.nftables.flatMap((entry: unknown) =>
    isItem(entry) ? Object.entries(entry).filter((pair): pair is [string, Item] => isItem(pair[1])) : [],
  );
}

const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value);
/** Never an exception: what a listing holds may be an object that says of itself how it is turned into a text. */
const asText = (value: unknown): string =>
  typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value);
const asNumber = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function readChain(item: Item): Mutable {
  const hook = typeof item.hook === 'string' ? item.hook : null;
  return {
    hook,
    priority: hook === null ? null : asNumber(item.prio),
    policy: hook === null ? null : asText(item.policy),
    rules: [],
  };
}

function readMap(item: Item): MapReading {
  const type = Array.isArray(item.type) ? item.type.map(asText) : asText(item.type);
  const protocols = type === 'inet_proto' || (Array.isArray(type) && type[0] === 'inet_proto');
  const elements = new Map<string, string>();
  for (const pair of asList(item.elem)) {
    const [key, value] = asList(pair);
    elements.set(keyText(key, protocols), valueText(value));
  }
  return { type, value: asText(item.map), flags: asList(item.flags).map(asText), elements };
}

function readSet(item: Item): SetReading {
  const elements = new Set(asList(item.elem).map((key) => keyText(key, false)));
  return { type: asText(item.type), flags: asList(item.flags).map(asText), elements };
}

/** The key as the script writes it. What has another form becomes JSON and therefore equals nothing of ours. */
function keyText(key: unknown, protocols: boolean): string {
  if (!isItem(key)) return protocols && typeof key === 'number' ? protocolText(key) : asText(key);
  if (isItem(key.elem)) return keyText(key.elem.val, protocols);
  if (isItem(key.prefix)) return `${asText(key.prefix.addr)}/${asText(key.prefix.len)}`;
  if (Array.isArray(key.range)) return key.range.map(asText).join('-');
  if (Array.isArray(key.concat)) {
    return key.concat.map((part, index) => keyText(part, protocols && index === 0)).join(' . ');
  }
  return JSON.stringify(key);
}

function valueText(value: unknown): string {
  if (!isItem(value)) return asText(value);
  for (const verb of ['goto', 'jump']) {
    const verdict = value[verb];
    if (isItem(verdict)) return `${verb} ${asText(verdict.target)}`;
  }
  return JSON.stringify(value);
}

/** The sets that a rule looks at. */
export function setsIn(statements: readonly unknown[]): string[] {
  return statements.flatMap((statement) => {
    const right = isItem(statement) && isItem(statement.match) ? statement.match.right : null;
    return typeof right === 'string' && right.startsWith('@') ? [right.slice(1)] : [];
  });
}

function counterNames(statements: readonly unknown[]): string[] {
  return statements.flatMap((s) => (isItem(s) && typeof s.counter === 'string' ? [s.counter] : []));
}
