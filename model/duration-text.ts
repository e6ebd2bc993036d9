/** Milliseconds per unit, the largest last. */
const units = [
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
] as const;

/** `8h`, `30m`, `90s`, `2d` in milliseconds; null when the text is none. */
export function parseDuration(text: string): number | null {
  const [, count = '', unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  const size = units.find(([name]) => name === unit)?.[1];
  return size === undefined ? null : Number(count) * size;
}

/** In the largest unit that holds it whole. */
export function formatDuration(milliseconds: number): string {
  const [name, size] = units.findLast(([, each]) => milliseconds % each === 0) ?? units[0];
  return `${milliseconds / size}${name}`;
}
