import assert from 'node:assert/strict';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { coversDomain, decide } from '@bulkhead/policy/decide.ts';
import { buildEstate, type Estate } from '@bulkhead/policy/estate.ts';
import { buildPolicy, type Policy } from '@bulkhead/policy/policy.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { Question, Verdict } from './evaluator.ts';
import { podName, type Side } from './sides.ts';

/** `prefix`: in front of the names of the pods that are asked about; absent: nothing. */
export type World = { readonly policy: Policy; readonly estate: Estate; readonly prefix?: string };

type Texts = { readonly estate: string | null; readonly policy: string | null };

/** What an importer wrote, read as any other documents are. Errors of any of these steps are failures. */
export const worldOfTexts = (texts: Texts): World => worldOfAll([texts]);

/** Of several clusters, each in a directory of its own. */
export function worldOfAll(clusters: readonly Texts[]): World {
  const files = clusters.flatMap(({ estate, policy }, index) => [
    { file: `${index}/estate.yaml`, text: estate ?? '' },
    { file: `${index}/policy.yaml`, text: policy ?? '' },
  ]);
  const { documents, problems } = loadDocuments(files);
  sound(problems);
  const built = buildEstate(documents);
  sound(built.problems);
  const { policy, problems: mistakes } = buildPolicy(documents, built.estate, 0);
  sound(mistakes);
  assert.ok(policy !== null);
  return { policy, estate: built.estate };
}

/** Fails with what is wrong. */
export function sound(problems: readonly Problem[]): void {
  if (!hasErrors(problems)) return;
  const errors = problems.filter(({ severity }) => severity === 'error');
  assert.fail(errors.map(({ code, message }) => `${code}: ${message}`).join('\n'));
}

/**
 * The answer of the product to a question about a cluster, in the words of the evaluator. No mode and no staged rule comes
 * from a cluster, so both views have to be one. `network`: where the addresses of the cluster are.
 */
export function decided(world: World, question: Question, network = 'main'): Verdict {
  const { policy, estate } = world;
  const { from, to, protocol, port } = question;
  const probe = {
    from: textOf(from, world),
    to: textOf(to, world),
    service: `${protocol.toLowerCase()}/${port}`,
    network,
  };
  const answer = decide(policy, estate, probe);
  if (isProblem(answer)) assert.fail(answer.message);
  assert.deepEqual(answer.effective, answer.intended);
  const { verdict, outbound, inbound } = answer.intended;
  assert.ok(verdict !== 'mixed' && outbound !== null && inbound !== null, JSON.stringify(probe));
  return { source: outbound.verdict, destination: inbound.verdict, both: verdict };
}

/** A name that no rule speaks of cannot be asked for, and is no more than its address. */
function textOf({ pod, address, domain }: Side, { policy, prefix }: World): string {
  if (domain !== undefined && coversDomain(policy)(domain)) return domain;
  if (pod === null) return address ?? '';
  const name = prefix === undefined ? podName(pod) : `${prefix}/${podName(pod)}`;
  return address === null ? name : `${name}@${address}`;
}

export const questionText = ({ from, to, protocol, port }: Question): string =>
  `${sideText(from)} -> ${sideText(to)} ${protocol.toLowerCase()}/${port}`;

function sideText({ pod, node, address, domain }: Side): string {
  const name = pod === null ? (domain ?? node) : podName(pod);
  return name === null ? (address ?? '') : address === null ? name : `${name}@${address}`;
}
