import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LabelAssignment, PolicyFile } from '@bulkhead/model/policy-content.ts';
import type { Answers } from '../online/testkit.ts';
import { contentHash } from './directory.ts';

export type Content = { readonly files: readonly PolicyFile[]; readonly labels?: readonly LabelAssignment[] };

/** What a controller says that has this in force. */
export function inForce(number: number, { files, labels = [] }: Content): Answers {
  const content = { files, labels };
  const hash = contentHash(content);
  return {
    'GET /status': { body: { version: { number, hash, state: 'done' } } },
    [`GET /versions/${number}`]: { body: { number, hash, ...content } },
    'GET /versions': { body: { items: [{ number, hash, createdBy: 'ana', note: '' }], next: null } },
  };
}

const none = { cells: 0, rectangles: [], addressRectangles: [] };
const nothing = { opened: none, closed: none };

/** A preview in which nothing changes and everything holds. */
export function previewed(number: number, base: Content, more: object = {}): Answers {
  const baseHash = contentHash({ files: base.files, labels: base.labels ?? [] });
  const effect = { sound: true, problems: [], hosts: [], diff: nothing, effective: nothing, tests: [], invariants: [] };
  return {
    'POST /preview': {
      body: { base: number, baseHash, hash: '', ...effect, flows: { items: [], omitted: 0 }, ...more },
    },
  };
}

/** Takes whatever is provisioned as the version. */
export function provisioned(version: number): Answers {
  const hosts = [{ workload: 'web-1', phase: 'narrow', state: 'applied', problem: null }];
  return {
    'POST /provisions': { status: 202, body: { version } },
    [`GET /provisions/${version}`]: { body: { version, state: 'done', hosts } },
  };
}

export function folder(context: TestContext, files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-code-'));
  context.after(() => rmSync(directory, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(directory, path, '..'), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

export const rulesetText = (service: string): string =>
  `{kind: Ruleset, name: shop, rules: [{name: web, allow: [${service}], from: role=web, to: role=db}]}\n`;
