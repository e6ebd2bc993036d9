/** Bits of many positions, shared by the sets that differ from it in few. Never changed once it is made. */
export type Dense = { readonly bits: Uint32Array; readonly size: number };

/** A truth table over (in a, in b): the bit at `2 * a + b` says whether the result holds the position. */
export type Operation = number;
export const both: Operation = 0b1000;
export const either: Operation = 0b1110;
export const onlyFirst: Operation = 0b0100;

export const wordsFor = (length: number): number => (length + 31) >>> 5;

export const bitAt = (bits: Uint32Array, position: number): number =>
  ((bits[position >>> 5] as number) >>> (position & 31)) & 1;

export function flipBit(bits: Uint32Array, position: number): void {
  bits[position >>> 5] = (bits[position >>> 5] as number) ^ (1 << (position & 31));
}

/** Beyond `length` every bit stays 0, whatever the operation. */
export function combineBits(operation: Operation, a: Uint32Array, b: Uint32Array): Uint32Array {
  const out = new Uint32Array(a.length);
  if (operation === both) for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) & (b[i] as number);
  else if (operation === either) for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) | (b[i] as number);
  else for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) & ~(b[i] as number);
  return out;
}

export function countBits(bits: Uint32Array): number {
  let count = 0;
  for (let i = 0; i < bits.length; i++) {
    let word = bits[i] as number;
    word -= (word >>> 1) & 0x55555555;
    word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
    count += Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return count;
}

export function eachBit(bits: Uint32Array, visit: (position: number) => void): void {
  for (let i = 0; i < bits.length; i++) {
    for (let word = bits[i] as number; word !== 0; word &= word - 1) visit(i * 32 + 31 - Math.clz32(word & -word));
  }
}

export function hashBits(bits: Uint32Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bits.length; i++) hash = Math.imul(hash ^ (bits[i] as number), 0x01000193);
  return hash >>> 0;
}

export function sameBits(a: Uint32Array, b: Uint32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
