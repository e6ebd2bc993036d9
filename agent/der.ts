/** The little of ASN.1 DER that a certificate signing request needs. */
export function derElement(tag: number, ...contents: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...derLength(body.length)]), body]);
}

export const sequence = (...items: readonly Uint8Array[]): Uint8Array => derElement(0x30, ...items);
export const setOf = (...items: readonly Uint8Array[]): Uint8Array => derElement(0x31, ...items);
export const integerZero = Buffer.from([0x02, 0x01, 0x00]);
export const utf8String = (text: string): Uint8Array => derElement(0x0c, Buffer.from(text));
/** A bit string of whole bytes. */
export const bitString = (bytes: Uint8Array): Uint8Array => derElement(0x03, Buffer.of(0), bytes);

/** The first arc must be 0..2, the second below 40, as in every identifier used here. */
export function objectIdentifier(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return derElement(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function derLength(length: number): number[] {
  if (length < 0x80) return [length];
  const bytes: number[] = [];
  for (let rest = length; rest > 0; rest >>>= 8) bytes.unshift(rest & 0xff);
  return [0x80 | bytes.length, ...bytes];
}

function base128(value: number): number[] {
  const out = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) out.unshift((rest & 0x7f) | 0x80);
  return out;
}
