import { isMap, isNode, isSeq, parseAllDocuments } from 'yaml';
import type { FileText } from './add-rule.ts';

/**
 * The files without the rule; nothing else of them changes, comments included. Null: its lines do not stand alone, so a
 * person has to take it out. `id`: `<ruleset>/<rule>`.
 */
export function removeRule(files: readonly FileText[], id: string): readonly FileText[] | null {
  for (const file of files) {
    const lines = linesOfRule(file.text, id);
    if (lines === 'shared') return null;
    if (lines === null) continue;
    const text = file.text.slice(0, lines.first) + file.text.slice(lines.end);
    return files.map((other) => (other === file ? { ...other, text } : other));
  }
  return null;
}

type Lines = { readonly first: number; readonly end: number };

/** Offsets of whole lines; null: the rule is not in this text. */
function linesOfRule(text: string, id: string): Lines | 'shared' | null {
  const documents = parseAllDocuments(text);
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.errors.length > 0 || document.get('kind') !== 'Ruleset') continue;
    const rules = document.get('rules');
    if (!isSeq(rules)) continue;
    const index = rules.items.findIndex((item) => isMap(item) && `${document.get('name')}/${item.get('name')}` === id);
    const rule = rules.items[index];
    if (!isNode(rule) || !rule.range) continue;
    // The last of them would leave a list of nothing behind.
    if (rules.flow === true || rules.items.length === 1) return 'shared';
    const [start, , end] = rule.range;
    const first = text.lastIndexOf('\n', start) + 1;
    const isAlone = /^\s*-\s*$/.test(text.slice(first, start)) && (text[end - 1] === '\n' || end === text.length);
    return isAlone ? { first, end } : 'shared';
  }
  return null;
}
