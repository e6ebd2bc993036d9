import type { MapShape } from './shape.ts';

/** Fewer are as quickly read by nft. */
const fewest = 200;

/**
 * Maps whose elements can go into the kernel without nft, which takes seconds to read a hundred thousand: keys of one
 * address or one number, to a number. Not ranges, and no verdicts: their form in the kernel is nft's own affair.
 */
export const isPlain = ({ kind, elements }: MapShape): boolean =>
  !kind.interval && kind.value === 'meta priority' && typeof kind.type === 'string' && elements.length >= fewest;

/** What `bulkhead-helper elements` reads: the map, then a line per element. */
export function elementLines({ name, kind, elements }: MapShape): string {
  const lines = elements.map(({ key, value, comment }) =>
    comment === null ? `${key} ${value}` : `${key} ${value} ${comment}`,
  );
  return `map ${name} ${kind.type}\n${lines.join('\n')}\n`;
}
