import { canonicalDomain, domainNeeded, wrongDomain } from '../domain-text.ts';
import type { Finding } from '../finding.ts';
import { processHint, processNeeded, userNeeded, wrongProcess, wrongUser } from '../identity-text.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';
import { readText } from './values.ts';

/** Readers of who and what hosts report by name: processes, users, domain names. Null, reported, when it is none. */
export function readProcess(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the process');
  const so = text === null ? null : wrongProcess(text);
  if (text === null || so === null) return text;
  const hint = processHint(text);
  const finding: Finding = { code: 'bad-process', cannot: 'use the process', value: text, so, needed: processNeeded };
  reading.report(tree.offset, hint === undefined ? finding : { ...finding, hint });
  return null;
}

export function readUser(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the user');
  const so = text === null ? null : wrongUser(text);
  if (text === null || so === null) return text;
  reading.report(tree.offset, { code: 'bad-user', cannot: 'use the user', value: text, so, needed: userNeeded });
  return null;
}

/** In lower case and without a final dot. */
export function readDomain(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the domain name');
  if (text === null) return null;
  const name = canonicalDomain(text);
  const so = wrongDomain(name);
  if (so === null) return name;
  reading.report(tree.offset, {
    code: 'bad-domain',
    cannot: 'use the domain name',
    value: text,
    so,
    needed: domainNeeded,
  });
  return null;
}
