import {
  type Counterexample,
  findPrunable,
  proveRemoval,
  type RemovalProof,
  writtenRules,
} from '@bulkhead/policy/removal.ts';
import { answer, type Call, type CommandText, optionList } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { plural } from '../print-problems.ts';
import { atOption, estateOption, givenPaths, policyOption, requireWorld, type SoundWorld } from './load.ts';

export const policyPruneCommand: CommandText = {
  usage: 'prune',
  about: 'rules that can be removed together, proved not to change any verdict',
  options: [
    estateOption,
    policyOption,
    { flags: '--rule <id>', about: 'prove the removal of this rule instead; may be repeated', repeat: true },
    atOption,
  ],
  run: prune,
};

/** Ends with 1 when the given rules are needed. */
async function prune(call: Call): Promise<ExitCode> {
  const world = requireWorld(call, givenPaths(call));
  const given = optionList(call, 'rule');
  if (given.length > 0) return proveGiven(call, world, given);
  const rules = findPrunable(world);
  return answer(call, { rules }, () =>
    [
      ...rules,
      rules.length === 0
        ? 'no allow or pass rule can go, as far as is proved'
        : `${plural(rules.length, 'rule')} can be removed together`,
    ].join('\n'),
  );
}

function proveGiven(call: Call, world: SoundWorld, given: readonly string[]): ExitCode {
  const written = writtenRules(world.policy);
  const missing = given.find((id) => !written.has(id));
  if (missing !== undefined) {
    const message = `Cannot remove rule "${missing}": the policy has none of that name that is in force, ruleset/rule is needed`;
    throw badInput('unknown-rule', message);
  }
  const proof = proveRemoval(world, new Set(given));
  const proved = proof.counterexample === null && proof.unproved.length === 0;
  answer(call, { rules: given, proved, ...proof }, () => proofText(proof));
  return proved ? exitCodes.ok : exitCodes.no;
}

function proofText({ counterexample, unproved }: RemovalProof): string {
  if (counterexample !== null) return `needed: ${counterexampleText(counterexample)}`;
  if (unproved.length > 0)
    return `not proved: ${unproved.join(', ')} may matter to a process or a user that some rule names`;
  return 'proved: no verdict changes without them';
}

const counterexampleText = ({ view, verdict, without, probe }: Counterexample): string =>
  `${probe.from} -> ${probe.to} ${probe.service} is ${verdict} as ${view}, and ${without} without`;
