import type { Probe } from '@bulkhead/policy/probe.ts';

export type LineProblem = { readonly code: string; readonly message: string };

const required = ['from', 'to', 'service'] as const;
const optional = ['network', 'fromProcess', 'toProcess', 'user'] as const;
const known: ReadonlySet<string> = new Set([...required, ...optional]);

/** One line of JSON as a probe, or what is wrong with it. A key that is not known is wrong: it may be a misspelt one. */
export function parseProbeLine(line: string): Probe | LineProblem {
  const value = parseJson(line);
  if (isProbe(value)) return value;
  return whatIsWrong(line, value);
}

/** Hundreds of thousands of lines a second come by here: without lists. */
function isProbe(value: unknown): value is Probe {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  for (const key in value) {
    const content: unknown = value[key as keyof typeof value];
    if (!known.has(key) || typeof content !== 'string' || content === '') return false;
  }
  return 'from' in value && 'to' in value && 'service' in value;
}

function whatIsWrong(line: string, value: unknown): LineProblem {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return bad(
      'bad-json',
      `Cannot read probe "${shorten(line)}": it is no JSON object, {"from","to","service"} is needed`,
    );
  }
  const entries = Object.entries(value);
  const strange = entries.find(([key]) => !known.has(key));
  if (strange !== undefined) {
    return bad(
      'unknown-key',
      `Cannot read probe key "${strange[0]}": there is no such key, known are ${[...known].join(', ')}`,
    );
  }
  const wrong = entries.find(([, content]) => typeof content !== 'string' || content === '');
  if (wrong !== undefined) {
    return bad(
      'bad-value',
      `Cannot read probe key "${wrong[0]}": its value is no text, a text that is not empty is needed`,
    );
  }
  const missing = required.find((key) => !(key in value));
  return bad('missing-key', `Cannot read probe "${shorten(line)}": it has no "${missing}"`);
}

export const isLineProblem = (value: Probe | LineProblem): value is LineProblem => 'code' in value;

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

const bad = (code: string, message: string): LineProblem => ({ code, message });
const shorten = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);
