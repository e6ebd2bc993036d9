/**
 * nft has no escapes inside quotes and expands `$name` in log prefixes, so text from outside (label values, names)
 * loses quotes, backslashes, dollars and everything that does not print, and is cut at `most` bytes of UTF-8.
 * INVARIANT: the result can stand between double quotes in a script and changes nothing but itself.
 */
export function quotedText(text: string, most: number): string {
  let out = '';
  let left = most;
  for (const character of text) {
    const safe = /[\p{C}\p{Zl}\p{Zp}"\\$]/u.test(character) ? '?' : character;
    left -= utf8Length(safe);
    if (left < 0) break;
    out += safe;
  }
  return out;
}

/** nft refuses a comment of more than 128 bytes; a few are kept back for its terminator. */
export const commentLimit = 120;
/** The kernel keeps 127 bytes of a log prefix. */
export const prefixLimit = 127;

function utf8Length(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
