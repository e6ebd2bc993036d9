import { canonicalDomain, wrongDomain } from '@bulkhead/model/domain-text.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { readFileIfPresent, replaceFile } from './atomic-file.ts';
import { type Learned, overall } from './learned.ts';

/** What was learned, for the next start. Lost or broken, names are learned anew: nothing is believed that cannot be read. */
export function writeLearned(path: string, learned: readonly Learned[]): void {
  replaceFile(path, JSON.stringify({ format: 1, learned }));
}

export function readLearned(path: string): readonly Learned[] {
  const text = readFileIfPresent(path);
  if (text === null) return [];
  try {
    const json = JSON.parse(text) as { readonly format?: unknown; readonly learned?: unknown };
    if (json.format !== 1 || !Array.isArray(json.learned)) return [];
    return json.learned.slice(0, overall).flatMap(readEntry);
  } catch {
    return [];
  }
}

function readEntry(json: unknown): Learned[] {
  const { name, address, since, answered, until } = (json ?? {}) as Readonly<Record<string, unknown>>;
  const isName = typeof name === 'string' && wrongDomain(name) === null && canonicalDomain(name) === name;
  const parsed = typeof address === 'string' ? parseAddress(address) : null;
  const times = [since, answered, until];
  if (!isName || parsed === null || !times.every((time) => Number.isSafeInteger(time))) return [];
  return [{ name, address: parsed, since: Number(since), answered: Number(answered), until: Number(until) }];
}
