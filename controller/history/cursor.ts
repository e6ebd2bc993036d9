import type { Position } from './flow-queries.ts';

/** Opaque to clients; `last`, agent, sequence and item name one row for good. */
export function formatCursor({ last, agent, sequence, item }: Position): string {
  return Buffer.from(JSON.stringify([last, agent, sequence, item])).toString('base64url');
}

/** Null when it is not one of ours. */
export function parseCursor(text: string): Position | null {
  if (text.length > 1000) return null;
  const value = parseJson(Buffer.from(text, 'base64url').toString());
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [last, agent, sequence, item] = value as unknown[];
  if (typeof agent !== 'string' || !isCount(last) || !isCount(sequence) || !isCount(item)) return null;
  return { last, agent, sequence, item };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
