import { parseAddress } from '@bulkhead/net/address.ts';
import { parsePrefix } from '@bulkhead/net/prefix.ts';
import type { Requirement, Selector } from './documents.ts';
import { type Finding, problemOf } from './finding.ts';
import { labelNameNeeded, wrongGroupName, wrongLabelKey, wrongLabelValue } from './label-text.ts';
import type { Place, Problem } from './problem.ts';
import { nextToken, type Token } from './selector-token.ts';

export type ParsedSelector =
  | { readonly kind: 'ok'; readonly selector: Selector }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** `at`: the character of the text at which reading stopped, from 0. */
export type SelectorReading =
  | { readonly kind: 'ok'; readonly selector: Selector }
  | { readonly kind: 'wrong'; readonly at: number; readonly finding: Finding };

/**
 * Kubernetes label-selector syntax: `a=b`, `a==b`, `a!=b`, `a in (x,y)`, `a notin (x)`, `a`, `!a`, joined by commas
 * that mean "and". The empty text selects every workload. For those who have no documents beside it: a label group would
 * match nothing there and is refused. Codes: `bad-selector`, `bad-label`, `label-group-here`.
 */
export function parseSelector(text: string, place: Place | null): ParsedSelector {
  const reading = readSelectorText(text);
  if (reading.kind === 'wrong') return { kind: 'problem', problem: problemOf(reading.finding, place) };
  const [group] = reading.selector.requirements.flatMap(({ values }) => values.filter(isGroupValue));
  if (group === undefined) return reading;
  const so = 'label groups stand in policy documents only';
  const finding = {
    code: 'label-group-here',
    cannot: 'use the label group',
    value: group,
    so,
    needed: 'values are needed',
  };
  return { kind: 'problem', problem: problemOf(finding, place) };
}

/** A value of a requirement that stands for those of a LabelGroup: `@` and its name. No label value begins like that. */
export const isGroupValue = (value: string): boolean => value.startsWith('@');

/** Conditions in one order, values sorted: equal for selectors that differ only in how they were written. */
export function canonicalSelector(selector: Selector): string {
  const parts = selector.requirements.map(({ key, operator, values }) => {
    if (operator === 'exists') return key;
    return operator === 'absent' ? `!${key}` : `${key} ${operator} (${[...values].sort().join(',')})`;
  });
  return [...new Set(parts)].sort().join(',');
}

/** Characters; far above what people write, and a bound on what one selector may cost. */
const selectorLimit = 10_000;

/** The place in one selector text, and the first thing found wrong with it. */
type Cursor = { readonly text: string; token: Token; wrong: SelectorReading };

type Complaint = { readonly so: string; readonly needed: string; readonly hint?: string | undefined };

/** As in documents: beside values `@name` stands for the values of a LabelGroup, and is kept as that text. */
export function readSelectorText(text: string): SelectorReading {
  const token = nextToken(text, 0);
  const size = { so: `it has ${text.length} characters`, needed: `at most ${selectorLimit} are needed` };
  const cursor: Cursor = { text, token, wrong: wrongAt(text, token, size) };
  if (text.length > selectorLimit) return cursor.wrong;
  const requirements: Requirement[] = [];
  if (at(cursor, 'end')) return { kind: 'ok', selector: { text, requirements } };
  for (;;) {
    const requirement = readRequirement(cursor);
    if (requirement === null) return cursor.wrong;
    requirements.push(requirement);
    if (at(cursor, 'end')) return { kind: 'ok', selector: { text, requirements } };
    if (!at(cursor, ',')) {
      refuse(cursor, { so: `${found(cursor)} follows a condition`, needed: 'a comma is needed', hint: hintAt(cursor) });
      return cursor.wrong;
    }
    advance(cursor);
  }
}

function readRequirement(cursor: Cursor): Requirement | null {
  if (at(cursor, '!')) {
    advance(cursor);
    const key = readKey(cursor);
    return key === null ? null : { key, operator: 'absent', values: [] };
  }
  const key = readKey(cursor);
  return key === null ? null : readCondition(cursor, key);
}

function readCondition(cursor: Cursor, key: string): Requirement | null {
  if (at(cursor, 'end') || at(cursor, ',')) return { key, operator: 'exists', values: [] };
  const { kind, text } = cursor.token;
  if (kind === '=' || kind === '==' || kind === '!=') {
    advance(cursor);
    const value = readValue(cursor);
    return value === null ? null : { key, operator: kind === '!=' ? 'notin' : 'in', values: [value] };
  }
  if (kind === 'word' && (text === 'in' || text === 'notin')) {
    advance(cursor);
    const values = readValues(cursor);
    return values === null ? null : { key, operator: text, values };
  }
  const needed = 'one of =, ==, !=, in, notin is needed';
  return refuse(cursor, { so: `${found(cursor)} is not an operator`, needed, hint: hintAt(cursor) });
}

function readKey(cursor: Cursor): string | null {
  const so = `${found(cursor)} stands where a label key must`;
  if (!at(cursor, 'word')) return refuse(cursor, { so, needed: 'a key is needed', hint: hintAt(cursor) });
  const key = cursor.token.text;
  const isAddress = parseAddress(key) !== null;
  if (isAddress || parsePrefix(key) !== null) {
    const hint = `write {prefix: ${isAddress ? `${key}/32` : key}}`;
    return refuse(cursor, { so: `"${key}" is an address or a prefix`, needed: 'a label key is needed', hint });
  }
  const why = wrongLabelKey(key);
  if (why !== null) return refuseLabel(cursor, 'key', why);
  advance(cursor);
  return key;
}

/** Nothing before a comma, a bracket or the end is the empty value, as in Kubernetes. */
function readValue(cursor: Cursor): string | null {
  if (at(cursor, 'end') || at(cursor, ',') || at(cursor, ')')) return '';
  if (at(cursor, 'group')) return readGroupValue(cursor);
  const so = `${found(cursor)} stands where a value must`;
  if (!at(cursor, 'word')) return refuse(cursor, { so, needed: 'a label value is needed', hint: hintAt(cursor) });
  const value = cursor.token.text;
  const why = wrongLabelValue(value);
  if (why !== null) return refuseLabel(cursor, 'value', why);
  advance(cursor);
  return value;
}

function readGroupValue(cursor: Cursor): string | null {
  const { text } = cursor.token;
  const why = wrongGroupName(text.slice(1));
  if (why !== null) return refuseLabel(cursor, 'group', why);
  advance(cursor);
  return text;
}

function readValues(cursor: Cursor): string[] | null {
  const [hint, needed] = ['for example env in (prod,stage)', 'values in round brackets are needed'];
  if (!at(cursor, '(')) return refuse(cursor, { so: `${found(cursor)} follows the operator`, needed, hint });
  advance(cursor);
  if (at(cursor, ')')) return refuse(cursor, { so: 'the brackets are empty', needed: 'at least one value is needed' });
  const values = new Set<string>();
  for (;;) {
    const value = readValue(cursor);
    if (value === null) return null;
    values.add(value);
    if (at(cursor, ')')) break;
    const so = `${found(cursor)} stands between values`;
    if (!at(cursor, ',')) return refuse(cursor, { so, needed: 'a comma or a closing bracket is needed' });
    advance(cursor);
  }
  advance(cursor);
  return [...values].sort();
}

function at(cursor: Cursor, kind: Token['kind']): boolean {
  return cursor.token.kind === kind;
}

function advance(cursor: Cursor): void {
  cursor.token = nextToken(cursor.text, cursor.token.end);
}

function found({ token }: Cursor): string {
  return token.kind === 'end' ? 'the end' : `"${token.text.slice(0, 80)}"`;
}

function hintAt({ token }: Cursor): string | undefined {
  if (token.kind === 'other') return 'keys and values have no quotes, signs or spaces; conditions are joined by commas';
  if (token.kind !== 'word') return undefined;
  if (/^and$/i.test(token.text)) return 'conditions are joined by commas: app=shop,env=prod';
  return /^(not|not-in|notin|in)$/i.test(token.text) ? 'the operators are in and notin, in lower case' : undefined;
}

function wrongAt(text: string, token: Token, { so, needed, hint }: Complaint): SelectorReading {
  const where = `${so} at character ${token.start + 1}`;
  const finding = { code: 'bad-selector', cannot: 'read the selector', value: text, so: where, needed };
  return { kind: 'wrong', at: token.start, finding: hint === undefined ? finding : { ...finding, hint } };
}

function refuse(cursor: Cursor, complaint: Complaint): null {
  cursor.wrong = wrongAt(cursor.text, cursor.token, complaint);
  return null;
}

function refuseLabel(cursor: Cursor, what: 'key' | 'value' | 'group', so: string): null {
  const { text, start } = cursor.token;
  const finding = { code: 'bad-label', cannot: `read the label ${what}`, value: text, so, needed: labelNameNeeded };
  cursor.wrong = { kind: 'wrong', at: start, finding };
  return null;
}
