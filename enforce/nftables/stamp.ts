/**
 * Our part of the conntrack mark. Its highest bit says that the flow is tracked the wrong way round (the first packet
 * seen was the server's); the bits below hold the epoch that last allowed the flow, 0 for never.
 */
export type Stamp = {
  /** What the fast path compares with, inside `bits`. */
  readonly value: number;
  readonly bits: number;
  readonly reversed: number;
};

/** Fewer would bring a stamp back while flows that carry it are still alive. */
const fewestBits = 8;

/** Throws on a mask that `isMarkMask` refuses: whoever lets an operator set it checks it first. */
export function stampOf(epoch: number, markMask: number): Stamp {
  if (!isMarkMask(markMask)) throw new Error(`Not a mark mask: ${markMask}`);
  const unit = lowestBit(markMask);
  const reversed = (0x80000000 >>> Math.clz32(markMask)) >>> 0;
  const bits = markMask - reversed;
  return { value: (((epoch - 1) % (bits / unit)) + 1) * unit, bits, reversed };
}

/** How many epochs can be told apart. */
export function stampCount(markMask: number): number {
  const { bits } = stampOf(1, markMask);
  return bits / lowestBit(markMask);
}

/** One unbroken run of at least eight bits. */
export function isMarkMask(mask: number): boolean {
  if (!Number.isInteger(mask) || mask <= 0 || mask > 0xffffffff) return false;
  const run = mask / lowestBit(mask);
  return Number.isInteger(Math.log2(run + 1)) && run >= 2 ** fewestBits - 1;
}

const lowestBit = (mask: number): number => (mask & -mask) >>> 0;
