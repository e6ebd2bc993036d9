import type { Rule, RulesetDocument } from '../documents.ts';
import { type Fields, readFields, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { readRule, readState } from './rule.ts';
import { readSelector } from './selectors.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { checkName, readList, readName, readOneOrMore, readText } from './values.ts';
import { checkLabel } from './workload.ts';

const keys = ['kind', 'name', 'tier', 'state', 'scopes', 'each', 'rules'];

export function readRuleset(reading: Reading, tree: Tree): RulesetDocument | null {
  const fields = readFields(reading, tree, { what: 'a Ruleset', keys });
  if (fields === null) return null;
  const name = readName(reading, fields);
  const rules = requireField(reading, fields, 'rules', 'a ruleset without rules has rules: []');
  return {
    kind: 'Ruleset',
    name,
    tier: readTier(reading, fields),
    state: readState(reading, fields),
    scopes: readScopes(reading, fields),
    rules: rules === null ? [] : readRules(reading, rules, name),
    place: reading.place(tree.offset),
  };
}

function readTier(reading: Reading, fields: Fields): string {
  const tree = fields.get('tier');
  const text = tree === undefined ? 'application' : readText(reading, tree, 'the tier');
  if (tree !== undefined && text !== null) checkName(reading, tree, text);
  return text ?? '';
}

function readScopes(reading: Reading, fields: Fields): RulesetDocument['scopes'] {
  const [list, each] = [fields.get('scopes'), fields.get('each')];
  if (list !== undefined && each !== undefined) {
    const needed = 'one of them is needed';
    reading.report(each.offset, {
      code: 'mixed-scopes',
      cannot: 'use "each"',
      so: 'the ruleset also has "scopes"',
      needed,
    });
  }
  if (each !== undefined) return { kind: 'each', keys: readEach(reading, each) };
  if (list === undefined) return { kind: 'list', selectors: [] };
  refuseEmpty(reading, list, 'the scopes');
  return { kind: 'list', selectors: readOneOrMore(list, (item) => readSelector(reading, item)) };
}

function readEach(reading: Reading, tree: Tree): string[] {
  refuseEmpty(reading, tree, 'the keys of "each"');
  const seen = new Set<string>();
  return readOneOrMore(tree, (item) => {
    const text = readText(reading, item, 'the label key');
    if (text === null || !checkLabel(reading, item.offset, { what: 'key', text })) return null;
    if (seen.has(text)) {
      const so = 'the list has it before';
      reading.report(item.offset, {
        code: 'duplicate-key',
        cannot: 'use the label key',
        value: text,
        so,
        needed: 'each key once is needed',
      });
    }
    seen.add(text);
    return text;
  });
}

function readRules(reading: Reading, tree: Tree, ruleset: string): Rule[] {
  const names = new Set<string>();
  const inBudget = tree.kind === 'list' ? takeBudget(reading, tree) : tree;
  return readList(inBudget, { reading, what: 'the rules' }, (item) => {
    const rule = readRule(reading, item, ruleset);
    if (rule !== null && rule.name !== '' && names.has(rule.name))
      reportDuplicate(reading, item, `${ruleset}/${rule.name}`);
    if (rule !== null) names.add(rule.name);
    return rule;
  });
}

function takeBudget(reading: Reading, tree: Tree & { kind: 'list' }): Tree {
  const allowed = reading.budget.rules;
  reading.budget.rules = Math.max(0, allowed - tree.items.length);
  const excess = tree.items[allowed];
  if (excess === undefined) return tree;
  const [so, needed] = [`there are more than ${reading.limits.rules} rules`, 'fewer are needed'];
  reading.report(excess.offset, { code: 'too-many-rules', cannot: 'read the rules from here on', so, needed });
  return { ...tree, items: tree.items.slice(0, allowed) };
}

function reportDuplicate(reading: Reading, tree: Tree, id: string): void {
  const [so, needed] = ['a rule before has the same name', 'a name of its own is needed'];
  reading.report(tree.offset, { code: 'duplicate-rule', cannot: 'use the rule id', value: id, so, needed });
}
