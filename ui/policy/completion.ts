import { policyKinds } from '@bulkhead/model/parse.ts';
import type { Words } from './completion-words.ts';
import { spotIn } from './schema-words.ts';

export type Offer = { readonly label: string; readonly detail: string; readonly insert: string };
/** `length`: characters before the cursor that an offer replaces. */
export type Completion = { readonly length: number; readonly offers: readonly Offer[] };

/** What may stand next, from the text of the file up to the cursor. */
export function complete(before: string, words: Words): Completion | null {
  const document = before.slice(lastDocument(before));
  const line = document.slice(document.lastIndexOf('\n') + 1);
  if (line.trimStart().startsWith('#')) return null;
  const kind = /(?:^|[\n{,])\s*kind:\s*(\w+)/.exec(document)?.[1] ?? '';
  const spot = spotOf(document, line, kind);
  return spot.at === 'key' ? offerKeys(spot, kind) : offerValues(spot, { kind, words });
}

function lastDocument(text: string): number {
  const found = text.lastIndexOf('\n---');
  return found < 0 ? 0 : text.indexOf('\n', found + 1) + 1 || text.length;
}

/** `inside`: the key whose value the cursor is in; '' is the document itself. `typed`: what of it is written. */
type Spot = { readonly at: 'key' | 'value'; readonly inside: string; readonly typed: string };

function spotOf(document: string, line: string, kind: string): Spot {
  const bracket = openBracket(line);
  const own = line.slice(bracket + 1);
  if (bracket >= 0 && line[bracket] === '[')
    return { at: 'value', inside: keyBefore(document, line.slice(0, bracket)), typed: own };
  const entry = bracket >= 0 ? lastEntry(own) : own.replace(/^\s*-\s+/, '');
  const value = /^\s*(\w+):(?:\s+(.*))?$/s.exec(entry);
  if (value !== null) return { at: 'value', inside: value[1] ?? '', typed: value[2] ?? '' };
  const inside = bracket >= 0 ? keyBefore(document, line.slice(0, bracket)) : keyAbove(document, line);
  const listsTexts = bracket < 0 && /^\s*-\s/.test(line) && spotIn(kind, inside).keys.length === 0;
  return { at: listsTexts ? 'value' : 'key', inside, typed: entry.trimStart() };
}

/** Position of the innermost bracket that is still open, outside quotes; -1: none. */
function openBracket(line: string): number {
  const open: number[] = [];
  forEachPlain(line, (letter, index) => {
    if (letter === '{' || letter === '[') open.push(index);
    else if (letter === '}' || letter === ']') open.pop();
  });
  return open.at(-1) ?? -1;
}

/** What follows the last comma that is in neither quotes nor brackets. */
function lastEntry(text: string): string {
  let [start, depth] = [0, 0];
  forEachPlain(text, (letter, index) => {
    if (letter === '{' || letter === '[') depth++;
    else if (letter === '}' || letter === ']') depth--;
    else if (letter === ',' && depth === 0) start = index + 1;
  });
  return text.slice(start);
}

/** Every character that is not in quotes. */
function forEachPlain(text: string, visit: (letter: string, index: number) => void): void {
  let quote = '';
  for (let index = 0; index < text.length; index++) {
    const letter = text.charAt(index);
    if (quote !== '') quote = letter === quote ? '' : quote;
    else if (letter === '"' || letter === "'") quote = letter;
    else visit(letter, index);
  }
}

function keyBefore(document: string, head: string): string {
  return /(\w+):\s*\[?\s*$/.exec(head)?.[1] ?? (/^\s*(-\s*)?$/.test(head) ? keyAbove(document, head) : '');
}

/** The nearest key above that is further left. */
function keyAbove(document: string, line: string): string {
  const indent = line.search(/[^\s]|$/);
  if (indent === 0 && !line.startsWith('-')) return '';
  const above = document.split('\n').slice(0, -1).reverse();
  const isItem = line.trimStart().startsWith('-');
  for (const text of above) {
    const found = /^(\s*)(?:-\s+)?(\w+):\s*$/.exec(text);
    if (found !== null && ((found[1] ?? '').length < indent || (isItem && (found[1] ?? '').length <= indent)))
      return found[2] ?? '';
  }
  return '';
}

function offerKeys({ inside, typed }: Spot, kind: string): Completion | null {
  if (!/^(\w[\w-]*)?$/.test(typed)) return null;
  const known = spotIn(kind, inside).keys;
  // A document says first of what kind it is.
  const keys = known.length === 0 && inside === '' ? [{ name: 'kind', about: 'what the document is' }] : known;
  if (keys.length === 0) return null;
  return offers(
    typed,
    keys.map(({ name, about }) => ({ label: name, detail: about, insert: `${name}: ` })),
  );
}

type Setting = { readonly kind: string; readonly words: Words };

function offerValues({ inside, typed }: Spot, { kind, words }: Setting): Completion | null {
  const last = typed.split(/[\s,"'[]+/).at(-1) ?? '';
  if (inside === 'kind') return plainOffers(last, policyKinds, 'kind of document');
  const spot = spotIn(kind, inside);
  // A text among other things is what is mostly meant: `from` is a selector before it is a map.
  const text = [...spot.texts].find((name) => name in textOffers);
  if (text !== undefined) return textOffers[text]?.({ typed, last, words }) ?? null;
  return spot.words.length > 0 ? plainOffers(last, spot.words, inside) : null;
}

type Typing = { readonly typed: string; readonly last: string; readonly words: Words };

/** What to offer for a text, by the definition that the schema says it is of. */
const textOffers: Readonly<Record<string, (typing: Typing) => Completion>> = {
  tier: ({ last, words }) => plainOffers(last, words.tiers, 'tier'),
  ipListName: ({ last, words }) => plainOffers(last, words.ipLists, 'ip list'),
  labelGroupName: ({ last, words }) => plainOffers(last, words.labelGroups, 'label group'),
  userGroupName: ({ last, words }) => plainOffers(last, words.userGroups, 'user group'),
  virtualServiceName: ({ last, words }) => plainOffers(last, words.virtualServices, 'virtual service'),
  labelKey: ({ last, words }) => plainOffers(last, [...words.labels.keys()], 'label key'),
  range: ({ last }) => plainOffers(last, protocols, 'protocol'),
  service: ({ last, words }) => plainOffers(last, [...words.services, ...protocols, 'all'], 'service'),
  testLine: ({ last, words }) => plainOffers(last, words.workloads, 'workload'),
  selector: ({ typed, words }) => offerLabels(typed, words),
};

const protocols = ['tcp/', 'udp/', 'sctp/', 'icmp/', 'icmpv6/', 'proto/'];

function offerLabels(typed: string, { labels }: Words): Completion {
  const among = /([^\s,"'(=!]+)\s+(?:in|notin)\s+\(([^)]*)$/.exec(typed);
  const values = among === null ? null : labels.get(among[1] ?? '');
  if (among !== null) return plainOffers((among[2] ?? '').split(',').at(-1)?.trim() ?? '', values ?? [], 'label value');
  const equal = /([^\s,"'(=!]+)\s*!?==?\s*([^\s,"']*)$/.exec(typed);
  if (equal !== null) return plainOffers(equal[2] ?? '', labels.get(equal[1] ?? '') ?? [], `value of ${equal[1]}`);
  const last = typed.split(/[\s,"'[!(]+/).at(-1) ?? '';
  return offers(
    last,
    [...labels.keys()].map((label) => ({ label, detail: 'label key', insert: `${label}=` })),
  );
}

const plainOffers = (typed: string, labels: readonly string[], detail: string): Completion =>
  offers(
    typed,
    labels.map((label) => ({ label, detail, insert: label })),
  );

const offers = (typed: string, all: readonly Offer[]): Completion => ({ length: typed.length, offers: all });
