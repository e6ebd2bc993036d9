import type { Requirement } from '@bulkhead/model/documents.ts';
import type { Finding } from '@bulkhead/model/finding.ts';
import { type Fields, reportType, requireField } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import { readChoice } from '@bulkhead/model/read/values.ts';
import { parsePrefix } from '@bulkhead/net/prefix.ts';
import { checkKey, checkValue, readLabelMap } from './head.ts';
import { readMembers, readWords, strictFields } from './values.ts';

const operators = { In: 'in', NotIn: 'notin', Exists: 'exists', DoesNotExist: 'absent' } as const;
type Operator = keyof typeof operators;
const operatorNames = Object.keys(operators) as readonly Operator[];

const labelsHint = 'labels stand under "matchLabels"';

/** All of them are required; none are every object (SPEC KL2). In one order, whatever that of the file. */
export function readLabelSelector(reading: Reading, tree: Tree, what: string): readonly Requirement[] {
  const shape = { what, keys: ['matchLabels', 'matchExpressions'], elsewhere: misplaced(tree) };
  const fields = strictFields(reading, tree, shape);
  if (fields === null) return [];
  const labels = fields.get('matchLabels');
  const equal = labels === undefined ? {} : readLabelMap(reading, labels, `"matchLabels" of ${what}`);
  const item = (each: Tree): Requirement | null => readExpression(reading, each, what);
  const requirements = inOrder([
    ...Object.entries(equal).map(([key, value]): Requirement => ({ key, operator: 'in', values: [value] })),
    ...(readMembers(reading, fields, { key: 'matchExpressions', item }) ?? []),
  ]);
  checkSayable(reading, tree.offset, requirements);
  return requirements;
}

/** Two of these with what an import adds to them fit the text of one selector of the language. */
const selectorLimit = 4500;

/** Kubernetes has labels that the language takes for addresses, and selectors longer than it takes. */
export function checkSayable(reading: Reading, offset: number, requirements: readonly Requirement[]): void {
  const address = requirements.find(({ key }) => parsePrefix(key) !== null);
  if (address !== undefined) reading.report(offset, addressKey(address.key));
  const length = requirements.reduce((sum, { key, values }) => sum + key.length + values.join().length + 20, 0);
  if (length > selectorLimit) reading.report(offset, longSelector(length));
}

/** Labels written straight into a selector are the commonest mistake there is. */
function misplaced(tree: Tree): Record<string, string> {
  if (tree.kind !== 'map') return {};
  const texts = [...tree.entries].filter(([, { value }]) => value.kind === 'text').map(([key]) => key);
  return Object.fromEntries(texts.map((key) => [key, labelsHint]));
}

function inOrder(requirements: readonly Requirement[]): readonly Requirement[] {
  const keyed = new Map(requirements.map((one) => [`${one.key} ${one.operator} ${one.values.join(',')}`, one]));
  return [...keyed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

function readExpression(reading: Reading, tree: Tree, what: string): Requirement | null {
  const fields = strictFields(reading, tree, { what: `an expression of ${what}`, keys: ['key', 'operator', 'values'] });
  if (fields === null) return null;
  const [keyTree, operatorTree] = [requireField(reading, fields, 'key'), requireField(reading, fields, 'operator')];
  const key = keyTree === null ? null : readWords(reading, keyTree, 'the key');
  const operator = operatorTree === null ? null : readChoice(reading, operatorTree, operatorNames);
  const values = readValues(reading, fields);
  if (keyTree === null || key === null || operator === null || values === null) return null;
  const needsValues = operator === 'In' || operator === 'NotIn';
  if (needsValues !== values.length > 0)
    reading.report(fields.offset, needsValues ? noValues(operator) : tooManyValues(operator));
  if (!checkKey(reading, keyTree.offset, key)) return null;
  return { key, operator: operators[operator], values };
}

function readValues(reading: Reading, fields: Fields): readonly string[] | null {
  const tree = fields.get('values');
  if (tree === undefined) return [];
  if (tree.kind !== 'list') {
    reportType(reading, tree, { what: `"values" of ${fields.what}`, needed: 'a list of texts' });
    return null;
  }
  const values = tree.items.map((item) => {
    const text = readWords(reading, item, 'the value');
    return text !== null && checkValue(reading, item.offset, text) ? text : null;
  });
  return values.includes(null) ? null : [...new Set(values.filter((value) => value !== null))].sort();
}

function addressKey(value: string): Finding {
  const so = 'selectors of policies take it for an address';
  return { code: 'bad-selector', cannot: 'use the label key', value, so, needed: 'another key is needed' };
}

function longSelector(length: number): Finding {
  const so = `it has ${length} characters`;
  return { code: 'bad-selector', cannot: 'use the selector', so, needed: `at most ${selectorLimit} are needed` };
}

function noValues(value: string): Finding {
  const so = 'it has no values';
  return { code: 'bad-selector', cannot: 'use the operator', value, so, needed: 'at least one is needed' };
}

function tooManyValues(value: string): Finding {
  const needed = 'an expression without values is needed';
  return { code: 'bad-selector', cannot: 'use the operator', value, so: 'it takes no values', needed };
}
