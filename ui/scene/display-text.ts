/**
 * Names come from hosts, importers and packets, so they may hold anything. What is drawn is short, on one line, and
 * cannot reorder the text beside it: control and format characters become visible `U+202E`-like marks.
 */
export const displayLimit = 64;

const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
const rightToLeft = /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;
const firstStrongIsolate = '\u2068';
const popIsolate = '\u2069';

export function displayText(text: string, limit: number = displayLimit): string {
  // A code point is at most two units, so this much is enough and a 10 kB name costs no more than a short one.
  const head = text.slice(0, 2 * limit + 2);
  const points: string[] = [];
  for (const point of head) {
    if (points.length > limit) break;
    points.push(invisible.test(point) ? codePointName(point) : point);
  }
  const cut = points.length > limit ? `${points.slice(0, limit - 1).join('')}…` : points.join('');
  return rightToLeft.test(cut) ? `${firstStrongIsolate}${cut}${popIsolate}` : cut;
}

function codePointName(point: string): string {
  return `‹${(point.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(2, '0')}›`;
}

const collator = new Intl.Collator('en', { numeric: true });

/** `web-2` before `web-10`; equal only for equal text. */
export function compareNames(a: string, b: string): number {
  if (a === b) return 0;
  return collator.compare(a.slice(0, 200), b.slice(0, 200)) || (a < b ? -1 : 1);
}
