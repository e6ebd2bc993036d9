import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { loadDocuments } from '@bulkhead/model/load.ts';
import type { InputFile } from '@bulkhead/model/parse.ts';
import { hasErrors } from '@bulkhead/model/problem.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { type Imported, type ImportOptions, importKubernetes } from './import.ts';

/** For tests of the import: what it says, and what the product decides by it. */
export const testdata = join(import.meta.dirname, 'testdata');

export const someCluster: ImportOptions = { cluster: 'prod', network: 'main', ownNode: 'active', skip: [] };

export const importText = (text: string, options: Partial<ImportOptions> = {}): Imported =>
  importKubernetes([{ file: 'cluster.yaml', text }], { ...someCluster, ...options });

/** The texts of an import without an error, as files. */
export function filesOf({ estate, policy, problems }: Imported): readonly InputFile[] {
  assert.ok(estate !== null && policy !== null, problems.map(formatProblem).join('\n'));
  return [
    { file: 'estate.yaml', text: estate },
    { file: 'policy.yaml', text: policy },
  ];
}

/** A NetworkPolicy of the namespace `shop`, by the inside of its spec. */
export const np = (spec: string, name = 'p', namespace = 'shop'): string =>
  `{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: ${name}, namespace: ${namespace}}, spec: {${spec}}}`;
export const anp = (priority: number, rules: string, name = `anp-${priority}`): string =>
  `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: AdminNetworkPolicy, metadata: {name: ${name}}, spec: {priority: ${priority}, ${rules}}}`;
export const banp = (rules: string): string =>
  `{apiVersion: policy.networking.k8s.io/v1alpha1, kind: BaselineAdminNetworkPolicy, metadata: {name: default}, spec: {${rules}}}`;

/** Verdicts by `from -> to service`. */
export type Asked = (line: string) => 'allow' | 'deny' | 'mixed';

export function askAbout(files: readonly InputFile[]): Asked {
  const { documents, problems } = loadDocuments(files);
  assert.ok(!hasErrors(problems), problems.map(formatProblem).join('\n'));
  const { estate } = buildEstate(documents);
  const { policy, problems: wrong } = buildPolicy(documents, estate, 0);
  assert.ok(policy !== null, wrong.map(formatProblem).join('\n'));
  return (line) => {
    const [, from = '', to = '', service = ''] = /^(\S+) -> (\S+) (\S+)$/.exec(line) ?? [];
    const answer = decide(policy, estate, { from, to, service });
    if (isProblem(answer)) throw new Error(`${line}: ${answer.message}`);
    return answer.intended.verdict;
  };
}

/** UPDATE_GOLDEN=1 writes the file instead, to be reviewed as a difference. */
export function assertGolden(name: string, text: string): void {
  const file = join(testdata, name);
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'), `${file} differs; UPDATE_GOLDEN=1 writes it anew`);
}
