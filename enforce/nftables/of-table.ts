type Item = Readonly<Record<string, unknown>>;

/** Of a listing of several tables as text, the one of that name; empty where it is not among them. */
export function onlyTable(text: string, table: string): string {
  const lines = text.split('\n');
  const start = lines.indexOf(`table inet ${table} {`);
  // Everything inside is indented.
  return start < 0 ? '' : `${lines.slice(start, lines.indexOf('}', start) + 1).join('\n')}\n`;
}

/** The same of a listing as JSON; null where it is not among them. What is no listing is left for its reader to refuse. */
export function jsonOfTable(json: string, table: string): string | null {
  const listing = parsed(json);
  if (listing === null) return json;
  const own = listing.filter((entry) => isOf(entry, table));
  return own.length === 0 ? null : JSON.stringify({ nftables: own });
}

function isOf(entry: unknown, table: string): boolean {
  if (!isItem(entry)) return false;
  return Object.entries(entry).some(
    ([kind, item]) => isItem(item) && item.family === 'inet' && (kind === 'table' ? item.name : item.table) === table,
  );
}

function parsed(json: string): readonly unknown[] | null {
  try {
    const value: unknown = JSON.parse(json);
    return isItem(value) && Array.isArray(value.nftables) ? value.nftables : null;
  } catch {
    return null;
  }
}

const isItem = (value: unknown): value is Item => typeof value === 'object' && value !== null && !Array.isArray(value);
