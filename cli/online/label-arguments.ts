import { badInput } from '../failure.ts';

/** `role=web app=shop` as labels. An empty value and a second value for one key are refused. */
export function parseLabels(texts: readonly string[]): Readonly<Record<string, string>> {
  const labels = new Map<string, string>();
  for (const text of texts.flatMap((part) => part.split(','))) {
    const at = text.indexOf('=');
    const [key, value] = [text.slice(0, at).trim(), text.slice(at + 1).trim()];
    if (at <= 0 || value === '') {
      throw badInput('bad-label', `Cannot read the label "${text}": it is no key=value, one like role=web is needed`);
    }
    if (labels.has(key)) {
      throw badInput(
        'duplicate-label',
        `Cannot set the label "${key}": it is given twice, one value per key is needed`,
      );
    }
    labels.set(key, value);
  }
  return Object.fromEntries(labels);
}

const units: Readonly<Record<string, number>> = { s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** `90s`, `15min`, `8h`, `7d` in milliseconds. */
export function parseDuration(text: string): number {
  const match = /^(\d{1,6}) ?(s|min|h|d)$/.exec(text);
  const unit = units[match?.[2] ?? ''];
  if (match?.[1] !== undefined && unit !== undefined) return Number(match[1]) * unit;
  throw badInput(
    'bad-duration',
    `Cannot read the duration "${text}": it is none, one like 90s, 15min, 8h or 7d is needed`,
  );
}

/** A duration before `now`, or a date and time; the answer is ISO 8601. */
export function parseMoment(text: string, now: number): string {
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text))) return new Date(text).toISOString();
  return new Date(now - parseDuration(text)).toISOString();
}

export const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
