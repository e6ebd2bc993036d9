import { type Decoded, decoded, refused } from './decoded.ts';
import type { Field } from './fields.ts';

/** No message of ours nests deeper than 6; more is an attack on a parser. */
const depthLimit = 16;

/** Untrusted text to a JSON value, within limits on length (in UTF-16 units) and nesting. */
export function parseJson(text: string, most: number): Decoded<unknown> {
  if (text.length > most) {
    return refused('wire-too-large', `Cannot read a message of ${text.length} characters: at most ${most} are allowed`);
  }
  if (nestsTooDeep(text)) {
    return refused('wire-too-deep', `Cannot read a message: it nests deeper than ${depthLimit} levels`);
  }
  try {
    return decoded(JSON.parse(text));
  } catch {
    return refused('wire-malformed', `Cannot read a message of ${text.length} characters: it is not JSON text`);
  }
}

/** Applies a field to a whole message; the first thing wrong in it is the problem. */
export function readField<T>(field: Field<T>, value: unknown, name: string): Decoded<T> {
  let wrong: { readonly at: string; readonly needed: string } | null = null;
  const out = field(value, name, (at, needed) => {
    wrong ??= { at, needed };
  });
  const first = wrong as { readonly at: string; readonly needed: string } | null;
  if (first === null) return decoded(out);
  return refused('wire-field', `Cannot read "${first.at}": ${first.needed}`);
}

/** Looks at brackets outside of strings only; a text that is not JSON may get any answer, the parser refuses it. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (quoted) {
      if (unit === 0x5c) i++;
      else if (unit === 0x22) quoted = false;
    } else if (unit === 0x22) quoted = true;
    else if (unit === 0x7b || unit === 0x5b) {
      if (++depth > depthLimit) return true;
    } else if (unit === 0x7d || unit === 0x5d) depth--;
  }
  return false;
}
