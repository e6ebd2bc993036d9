import type { OlderKind } from './tree.ts';

/** Beside those that are truth values in YAML 1.2, too. */
const truths = /^(?:y|yes|on|n|no|off)$/;
const spellings = /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)$/;
/** Once underscores are taken out, which a leading point forbids. A zero before digits is octal. */
const wholes = /^[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|0|[1-9]\d*)$/;
const oddBinaries = /^-?0b[-+]?[01]+$/;
const fractions = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;

/**
 * What the reader of YAML 1.1 that kubectl has takes a text for that stands without quotes; null: for that text. It knows
 * no numbers to the base of 60, and takes dates for texts.
 */
export function olderKind(plain: string): OlderKind | null {
  if (plain.length <= 3 && truths.test(plain.toLowerCase()) && spellings.test(plain)) return 'boolean';
  if (!/^[-+.\d]/.test(plain)) return null;
  const digits = plain.startsWith('.') ? plain : plain.replaceAll('_', '');
  return [wholes, oddBinaries, fractions].some((form) => form.test(digits)) ? 'number' : null;
}

/** Whether a key that YAML takes for a number or a truth value is the same text when it is written as one. */
export const isItsOwnText = (key: string): boolean => /^(?:true|false|0|-?[1-9]\d{0,14})$/.test(key);
