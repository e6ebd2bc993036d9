/** What one bench measured of one thing: a value per repeat, or per sample. */
export type Figure = {
  readonly name: string;
  readonly unit: string;
  readonly values: readonly number[];
  /** What is worth showing beside the median: spread of repeats, or the tail of many samples. */
  readonly shape: 'repeats' | 'samples';
  /** A median above it makes the bench fail: what the project promises and no load can excuse. */
  readonly most?: number;
  /** One value below it makes the bench fail. */
  readonly least?: number;
};

/** `sizes`: workloads per estate, for a bench that has several; null: all of them. */
export type BenchOptions = { readonly sizes: readonly number[] | null };

export type Bench = {
  readonly about: string;
  readonly defaultRepeats: number;
  /** Figures may be empty where the machine cannot run it; `say` then told why. */
  readonly run: (repeats: number, say: (text: string) => void, options: BenchOptions) => Promise<readonly Figure[]>;
};

/** The value below which `share` (0..1) of the values lie, by nearest rank; NaN of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => percentile(values, 0.5);

/** What the figure promised and did not keep, in words; null: nothing. */
export function brokenPromise({ name, unit, values, most, least }: Figure): string | null {
  if (most !== undefined && median(values) > most) return `${name} is above ${most} ${unit}`;
  if (least !== undefined && values.some((value) => value < least)) return `${name} was below ${least} ${unit}`;
  return null;
}

/** `1.9 M`, `12.3`, `240`: three digits that mean something. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-';
  const [scaled, suffix] = value >= 1e6 ? [value / 1e6, ' M'] : value >= 1e4 ? [value / 1e3, ' k'] : [value, ''];
  return `${scaled >= 100 ? scaled.toFixed(0) : scaled >= 10 ? scaled.toFixed(1) : scaled.toFixed(2)}${suffix}`;
}

export function formatFigure({ values, unit, shape }: Figure): string {
  const middle = `${formatNumber(median(values))} ${unit}`;
  if (values.length < 2) return middle;
  const spread =
    shape === 'repeats'
      ? `${formatNumber(percentile(values, 0))} to ${formatNumber(percentile(values, 1))}`
      : `p99 ${formatNumber(percentile(values, 0.99))}, max ${formatNumber(percentile(values, 1))}`;
  return `${middle} (${spread}, n ${values.length})`;
}
