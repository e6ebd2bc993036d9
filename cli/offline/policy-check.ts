import { hasErrors } from '@bulkhead/model/problem.ts';
import { checkPolicy } from '@bulkhead/policy/check.ts';
import { checkOwnership } from '@bulkhead/policy/ownership.ts';
import type { Call, CommandText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { countText, plural, printProblems } from '../print-problems.ts';
import {
  atOption,
  estateOption,
  givenPaths,
  loadWorld,
  moment,
  pathBelow,
  policyOption,
  withoutRepeats,
} from './load.ts';

export const policyCheckCommand: CommandText = {
  usage: 'check',
  about: 'every problem of estate and policy, with file, line and code',
  options: [estateOption, policyOption, atOption],
  run: checkPolicyFiles,
};

async function checkPolicyFiles(call: Call): Promise<ExitCode> {
  const now = moment(call);
  const paths = givenPaths(call);
  const { documents, problems: loaded, built } = loadWorld(paths, now);
  const owned = checkOwnership(documents, pathBelow(paths.policy));
  const problems = withoutRepeats([...loaded, ...owned, ...(built === null ? [] : checkPolicy(documents, now))]);
  const sound = !hasErrors(problems);
  if (call.json) {
    call.terminal.say(JSON.stringify({ ok: sound, documents: documents.length, problems }));
  } else if (problems.length > 0) {
    printProblems(call.terminal, false, problems);
  }
  if (!call.json && sound) {
    const warnings = problems.length === 0 ? 'no problems' : countText(problems);
    call.terminal.say(`${plural(documents.length, 'document')}, ${warnings}`);
  }
  return sound ? exitCodes.ok : exitCodes.badInput;
}
