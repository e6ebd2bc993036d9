import { parseAddress } from '@bulkhead/net/address.ts';
import { utf8Length } from './utf8.ts';

/**
 * Names of policy objects. They end up in kernel log prefixes, quoted strings of other programs and URLs, so what
 * could end such a string is not in them. The answer says what is wrong, null when nothing is.
 */
export const nameByteLimit = 100;
export const nameNeeded =
  'a name of at most 100 bytes without quotes, "\\", "$", control characters and outer spaces is needed';

const forbidden = /[\p{Cc}\u2028\u2029"'`\\$]|^\s|\s$/u;

export function wrongName(text: string): string | null {
  if (text === '') return 'it is empty';
  if (utf8Length(text) > nameByteLimit) return `it has ${utf8Length(text)} bytes`;
  if (!text.isWellFormed() || forbidden.test(text)) return 'it has characters that names do not have';
  return null;
}

export const workloadNameNeeded =
  'a name of at most 253 letters, digits and "-", "_", ".", "/" that begins with a letter or digit and is no address is needed';

/** A workload's name stands in probes beside addresses and as `name@address`, so it is neither and has no `@`. */
export function wrongWorkloadName(text: string): string | null {
  if (text === '') return 'it is empty';
  if (text.length > 253) return `it has ${text.length} characters`;
  if (parseAddress(text) !== null) return 'it is an address';
  if (!/^[\p{L}\p{N}][\p{L}\p{N}_./-]*$/u.test(text)) return 'it has characters that names do not have';
  return null;
}

/** Networks: short words. */
export function isWord(text: string): boolean {
  return /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/.test(text);
}
