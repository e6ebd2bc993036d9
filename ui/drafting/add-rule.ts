import { Document, isMap, isNode, isSeq, LineCounter, parseAllDocuments, parseDocument, type YAMLMap } from 'yaml';
import type { DraftedRule } from './edge-rule.ts';

/** The file of a draft that rules made on the map go to, and its ruleset. */
export const draftedFile = 'from-map.yaml';
const draftedRuleset = 'from-map';

export type FileText = { readonly path: string; readonly text: string };

/** `name`: under which it was added, which differs where the name was taken. `line`: of the file, from 1. */
export type Added =
  | { readonly kind: 'added'; readonly files: readonly FileText[]; readonly name: string; readonly line: number }
  /** The file was changed by hand into something a rule cannot be added to. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** The files with the rule in them; nothing else of them changes, comments included. */
export function addRule(files: readonly FileText[], rule: DraftedRule): Added {
  const file = files.find(({ path }) => path === draftedFile);
  const document = file === undefined ? newDocument() : onlyDocument(file.text);
  if (typeof document === 'string') return { kind: 'unreadable', why: document };
  const rules = document.get('rules');
  if (!isSeq(rules)) return { kind: 'unreadable', why: `Cannot add to ${draftedFile}: it has no list of rules` };
  const taken = new Set(rules.items.flatMap((item) => (isMap(item) ? [String(item.get('name'))] : [])));
  const name = freeName(rule.name, taken);
  const node = document.createNode(ruleFields({ ...rule, name })) as YAMLMap;
  const services = node.get(rule.verdict);
  if (isSeq(services)) services.flow = true;
  rules.add(node);
  const text = document.toString({ lineWidth: 120, flowCollectionPadding: false });
  return {
    kind: 'added',
    files: [...files.filter(({ path }) => path !== draftedFile), { path: draftedFile, text }],
    name,
    line: lineOfLastRule(text),
  };
}

function lineOfLastRule(text: string): number {
  const lineCounter = new LineCounter();
  const rules = parseDocument(text, { lineCounter }).get('rules');
  const last = isSeq(rules) ? rules.items.at(-1) : null;
  return lineCounter.linePos(isNode(last) ? (last.range?.[0] ?? 0) : 0).line;
}

function newDocument(): Document {
  const document = new Document({ kind: 'Ruleset', name: draftedRuleset, rules: [] });
  document.commentBefore = ' Rules that were drafted on the map; move them to where they belong.';
  const rules = document.get('rules');
  if (isSeq(rules)) rules.flow = false;
  return document;
}

function onlyDocument(text: string): Document | string {
  const documents = parseAllDocuments(text);
  const [document, ...more] = Array.isArray(documents) ? documents : [];
  if (document === undefined || more.length > 0) return `Cannot add to ${draftedFile}: one document in it is needed`;
  const [error] = document.errors;
  return error === undefined ? document : `Cannot add to ${draftedFile}: ${error.message}`;
}

/** In the order people read them. */
function ruleFields({ name, verdict, services, from, to, reason }: DraftedRule): Readonly<Record<string, unknown>> {
  return { name, [verdict]: services, from, to, reason };
}

function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}-${number}`)) number++;
  return `${name}-${number}`;
}
