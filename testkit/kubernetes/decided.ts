import assert from 'node:assert/strict';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { coversDomain, decide } from '@bulkhead/policy/decide.ts';
import { buildEstate, type Estate } from '@bulkhead/policy/estate.ts';
import { buildPolicy, type Policy } from '@bulkhead/policy/policy.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { Question, Verdict } from './evaluator.ts';
import { podName, type Side } from './sides.ts';

type World = { readonly policy: Policy; readonly estate: Estate };

/** What an importer wrote, read as any other documents are. Errors of any of these steps are failures. */
export function worldOfTexts(texts: { readonly estate: string | null; readonly policy: string | null }): World {
  const files = [
    { file: 'estate.yaml', text: texts.estate ?? '' },
    { file: 'policy.yaml', text: texts.policy ?? '' },
  ];
  const { documents, problems } = parseDocuments(files);
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
export function decided({ policy, estate }: World, question: Question, network = 'main'): Verdict {
  const { from, to, protocol, port } = question;
  const probe = {
    from: textOf(from, policy),
    to: textOf(to, policy),
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
function textOf({ pod, address, domain }: Side, policy: Policy): string {
  if (domain !== undefined && coversDomain(policy)(domain)) return domain;
  if (pod === null) return address ?? '';
  return address === null ? podName(pod) : `${podName(pod)}@${address}`;
}

export const questionText = ({ from, to, protocol, port }: Question): string =>
  `${sideText(from)} -> ${sideText(to)} ${protocol.toLowerCase()}/${port}`;

function sideText({ pod, node, address, domain }: Side): string {
  const name = pod === null ? (domain ?? node) : podName(pod);
  return name === null ? (address ?? '') : address === null ? name : `${name}@${address}`;
}
