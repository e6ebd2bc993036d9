import type { End } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { type Fields, readFields, reportType } from './fields.ts';
import type { Reading } from './reading.ts';
import { readSelector } from './selectors.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { checkName, readChoice, readPrefix, readText } from './values.ts';

const keys = ['selector', 'ipList', 'prefix', 'any', 'scope'];
const notYet = ['process', 'user', 'group', 'name', 'virtualService'];
const alternatives = ['selector', 'ipList', 'prefix', 'any'] as const;

export const everyHint = '"" is every workload, {any: true} is any address';

/** A selector, an object, or a list of those, which means their union. */
export function readEnds(reading: Reading, tree: Tree): End[] {
  refuseEmpty(reading, tree, 'the end');
  const items = tree.kind === 'list' ? tree.items : [tree];
  return items.map((item) => readEnd(reading, item)).filter((end) => end !== null);
}

function readEnd(reading: Reading, tree: Tree): End | null {
  if (tree.kind === 'text') {
    const selector = readSelector(reading, tree);
    return selector === null ? null : { kind: 'selector', selector, scoped: true, identity: null };
  }
  if (tree.kind === 'null') reading.report(tree.offset, emptyEnd);
  else if (tree.kind !== 'map')
    reportType(reading, tree, { what: 'the end', needed: 'the text of a selector or a map' });
  return tree.kind === 'map' ? readEndMap(reading, tree) : null;
}

function readEndMap(reading: Reading, tree: Tree): End | null {
  const errors = reading.errors();
  const fields = readFields(reading, tree, { what: 'an end', keys, notYet });
  if (fields === null) return null;
  const given = alternatives.filter((key) => fields.get(key) !== undefined);
  const [kind] = given;
  if (given.length > 1) reading.report(tree.offset, mixedEnd(given));
  // An end of unknown or not yet enforced keys alone was reported already.
  else if (kind === undefined && reading.errors() === errors) reading.report(tree.offset, emptyEnd);
  const scope = fields.get('scope');
  if (scope !== undefined) {
    readChoice(reading, scope, ['none']);
    if (kind !== undefined && kind !== 'selector') reading.report(scope.offset, scopeWithoutSelector);
  }
  return kind === undefined ? null : readAlternative(reading, fields, kind);
}

function readAlternative(reading: Reading, fields: Fields, kind: (typeof alternatives)[number]): End | null {
  const tree = fields.get(kind);
  if (tree === undefined) return null;
  if (kind === 'selector') {
    const selector = readSelector(reading, tree);
    return selector === null ? null : { kind, selector, scoped: fields.get('scope') === undefined, identity: null };
  }
  if (kind === 'ipList') {
    const name = readText(reading, tree, 'the name of an IpList');
    if (name === null || !checkName(reading, tree, name)) return null;
    return { kind, name, place: reading.place(tree.offset), identity: null };
  }
  if (kind === 'prefix') {
    const prefix = readPrefix(reading, tree);
    return prefix === null ? null : { kind, prefix, identity: null };
  }
  if (tree.kind === 'boolean' && tree.value.toLowerCase() === 'true') return { kind: 'any', identity: null };
  reportType(reading, tree, { what: '"any"', needed: 'the value true' });
  return null;
}

const emptyEnd: Finding = {
  code: 'empty-end',
  cannot: 'read the end',
  so: 'it names nothing',
  needed: 'a selector, ipList, prefix or any is needed',
  hint: everyHint,
};

const scopeWithoutSelector: Finding = {
  code: 'mixed-end',
  cannot: 'use "scope" in the end',
  so: 'it has no selector, and scopes bind selectors only',
  needed: 'a selector is needed beside it',
};

function mixedEnd(given: readonly string[]): Finding {
  return {
    code: 'mixed-end',
    cannot: 'read the end',
    so: `it has ${given.join(' and ')} at once`,
    needed: 'one of them is needed',
    hint: `for a union write a list: [${given.map((key) => `{${key}: ...}`).join(', ')}]`,
  };
}
