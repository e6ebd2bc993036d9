import type { End, Exception, Rule, ServiceRef } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { utf8Length } from '../utf8.ts';
import { ruleIdLimit } from '../words.ts';
import { readDuration } from './duration.ts';
import { type EndSpot, everyHint, readEnds } from './ends.ts';
import { type Fields, readFields, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { readServed, readServices } from './services.ts';
import type { Tree } from './tree.ts';
import { readChoice, readList, readMoment, readName, readText, readTruth } from './values.ts';

const verdicts = ['allow', 'deny', 'pass'] as const;
const ruleStates = ['active', 'staged', 'disabled'] as const;
const sides = ['both', 'source', 'destination'] as const;
const keys = [
  ...['name', ...verdicts, 'from', 'to', 'except', 'at', 'state'],
  ...['expires', 'reverify', 'accept-wider', 'owner', 'reason'],
];
const inAnEnd = (key: string, value: string): string =>
  `write it in an end: from: {selector: role=web, ${key}: ${value}}`;
const elsewhere = {
  process: inAnEnd('process', '/usr/sbin/nginx'),
  user: inAnEnd('user', 'ana'),
  group: inAnEnd('group', 'dba'),
};

export function readRule(reading: Reading, tree: Tree, ruleset: string): Rule | null {
  const fields = readFields(reading, tree, { what: 'a rule', keys, elsewhere });
  if (fields === null) return null;
  const name = readName(reading, fields);
  checkRuleName(reading, fields, { ruleset, name });
  const verdict = readVerdict(reading, fields);
  const services = verdict === null ? undefined : fields.get(verdict);
  const expires = fields.get('expires');
  const wider = fields.get('accept-wider');
  const domains = verdict === null || verdict === 'allow';
  const to = readRequiredEnds(reading, fields, { side: 'to', domains });
  return {
    name,
    verdict: verdict ?? 'deny',
    services: services === undefined ? [] : readRuleServices(reading, services, to),
    from: readRequiredEnds(reading, fields, { side: 'from', domains: false }),
    to,
    except: readExceptions(reading, fields),
    at: optionalChoice(reading, fields, { key: 'at', choices: sides }) ?? 'both',
    state: readState(reading, fields),
    expires: expires === undefined ? null : readMoment(reading, expires),
    reverify: readReverify(reading, fields, verdict),
    acceptWider: wider === undefined ? false : readTruth(reading, wider, '"accept-wider"'),
    owner: readNote(reading, fields, 'owner'),
    reason: readNote(reading, fields, 'reason'),
    place: reading.place(tree.offset),
  };
}

/** The key `state` of a rule or ruleset; absent means active. */
export function readState(reading: Reading, fields: Fields): Rule['state'] {
  return optionalChoice(reading, fields, { key: 'state', choices: ruleStates }) ?? 'active';
}

function optionalChoice<T extends string>(
  reading: Reading,
  fields: Fields,
  { key, choices }: { readonly key: string; readonly choices: readonly T[] },
): T | null {
  const tree = fields.get(key);
  return tree === undefined ? null : readChoice(reading, tree, choices);
}

/** The one verdict key of a rule; null, reported, where there is none or more than one. */
function readVerdict(reading: Reading, fields: Fields): Rule['verdict'] | null {
  const given = verdicts.filter((verdict) => fields.get(verdict) !== undefined);
  const [verdict, second] = given;
  if (verdict !== undefined && second === undefined) return verdict;
  const so = verdict === undefined ? 'it has no verdict' : `it has the verdicts ${given.join(' and ')}`;
  const code = verdict === undefined ? 'no-verdict' : 'many-verdicts';
  const needed = 'exactly one of allow, deny, pass with services is needed';
  reading.report(fields.offset, { code, cannot: 'read a rule', so, needed, hint: 'for example allow: [tcp/443]' });
  return null;
}

/** An end that must be there, under the key of its side. */
export function readRequiredEnds(reading: Reading, fields: Fields, spot: EndSpot): End[] {
  const tree = requireField(reading, fields, spot.side, everyHint);
  return tree === null ? [] : readEnds(reading, tree, spot);
}

/** Names of ports are of workloads: an address, a domain name or a load balancer has none. */
function readRuleServices(reading: Reading, tree: Tree, to: readonly End[]): ServiceRef[] {
  const nameless = to.find(({ kind }) => kind !== 'selector' && kind !== 'any');
  return readServed(reading, tree).map(({ ref, offset }) => {
    if (ref.kind === 'portName' && nameless !== undefined) reading.report(offset, nobodysPort(ref.text));
    return ref;
  });
}

function nobodysPort(value: string): Finding {
  const so = 'it is the name of a port, and only workloads have those';
  const [needed, hint] = ['a "to" of selectors or any is needed', 'or write the number of the port'];
  return { code: 'port-of-nobody', cannot: 'read the service', value, so, needed, hint };
}

/** Only what was admitted can be judged again. */
function readReverify(reading: Reading, fields: Fields, verdict: Rule['verdict'] | null): number | null {
  const tree = fields.get('reverify');
  if (tree === undefined) return null;
  if (verdict !== null && verdict !== 'allow') reading.report(tree.offset, nothingToReverify(verdict));
  return readDuration(reading, tree);
}

function nothingToReverify(verdict: string): Finding {
  const so = `a rule that says ${verdict} admits no connection`;
  return { code: 'no-effect', cannot: 'use "reverify"', so, needed: 'the verdict allow is needed' };
}

/** The key `except`; absent means none. */
export function readExceptions(reading: Reading, fields: Fields): Exception[] {
  const tree = fields.get('except');
  if (tree === undefined) return [];
  return readList(tree, { reading, what: 'the exceptions' }, (item) => readException(reading, item));
}

function readException(reading: Reading, tree: Tree): Exception | null {
  const fields = readFields(reading, tree, { what: 'an exception', keys: ['from', 'to', 'services'] });
  if (fields === null) return null;
  const [from, to, services] = [fields.get('from'), fields.get('to'), fields.get('services')];
  if (from === undefined && to === undefined && services === undefined) reading.report(tree.offset, emptyException);
  return {
    from: from === undefined ? null : readEnds(reading, from, { side: 'from', domains: false }),
    to: to === undefined ? null : readEnds(reading, to, { side: 'to', domains: false }),
    services: services === undefined ? null : readServices(reading, services),
  };
}

/** Characters of an owner or reason. */
const noteLimit = 1000;

function readNote(reading: Reading, fields: Fields, key: 'owner' | 'reason'): string | null {
  const tree = fields.get(key);
  const text = tree === undefined ? null : readText(reading, tree, `the ${key}`);
  if (tree === undefined || text === null || text.length <= noteLimit) return text;
  const [so, needed] = [`it has ${text.length} characters`, `at most ${noteLimit} are needed`];
  reading.report(tree.offset, { code: 'too-long', cannot: `read the ${key}`, value: text, so, needed });
  return null;
}

function checkRuleName(reading: Reading, fields: Fields, { ruleset, name }: { ruleset: string; name: string }): void {
  const tree = fields.get('name');
  if (tree === undefined || name === '') return;
  const id = `${ruleset}/${name}`;
  const bytes = utf8Length(id);
  if (name.includes('/')) reading.report(tree.offset, slashInName(name));
  if (bytes <= ruleIdLimit) return;
  const [so, needed] = [`it has ${bytes} bytes`, `at most ${ruleIdLimit} fit a kernel log line`];
  const hint = 'shorten the name of the ruleset or of the rule';
  reading.report(tree.offset, { code: 'rule-id-too-long', cannot: 'use the rule id', value: id, so, needed, hint });
}

/** The last slash of a rule id separates ruleset and rule. */
function slashInName(value: string): Finding {
  const so = 'a slash separates ruleset and rule in a rule id';
  return { code: 'bad-name', cannot: 'use the rule name', value, so, needed: 'a name without slashes is needed' };
}

const emptyException: Finding = {
  code: 'empty-exception',
  cannot: 'read the exception',
  so: 'it would take away the whole rule',
  needed: 'from, to or services is needed',
};
