import { formatPlace } from '@bulkhead/model/format-problem.ts';
import { type LineResult, runTests } from '@bulkhead/policy/test.ts';
import { markdownOption, sayReport } from '../as-code/report.ts';
import type { Call, CommandText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { testReport } from '../markdown/reports.ts';
import type { Colors } from '../terminal.ts';
import { atOption, chosenView, estateOption, givenPaths, policyOption, requireWorld, viewOption } from './load.ts';

export const policyTestCommand: CommandText = {
  usage: 'test',
  about: 'run the tests written in the policy',
  options: [estateOption, policyOption, markdownOption, viewOption, atOption],
  run: testPolicy,
};

async function testPolicy(call: Call): Promise<ExitCode> {
  const { estate, policy, documents } = requireWorld(call, givenPaths(call));
  const results = runTests({ policy, estate }, documents, chosenView(call));
  const failed = results.filter((result) => !result.passed).length;
  const counts = { passed: results.length - failed, failed };
  sayReport(call, {
    json: () => ({ ok: failed === 0, ...counts, lines: results }),
    markdown: () => testReport(results),
    text: () => testLines(results, call.terminal.colors),
  });
  return failed === 0 ? exitCodes.ok : exitCodes.no;
}

function testLines(results: readonly LineResult[], colors: Colors): readonly string[] {
  const failed = results.filter((result) => !result.passed);
  const counts = `${results.length - failed.length} passed, ${failed.length} failed`;
  const lines = results.map(
    (result) => `${result.passed ? colors.green('ok  ') : colors.red('FAIL')}  ${lineText(result)}`,
  );
  return [...lines, results.length === 0 ? 'no tests in these files' : counts];
}

function lineText(result: LineResult): string {
  const asked = `${result.test}: ${result.line}`;
  if (result.passed) return `${asked}  ${result.expected}`;
  const { answer: said, problem } = result;
  const where = `\n      ${formatPlace(result.place)}: `;
  if (said === null) return `${asked}${where}${problem?.message ?? 'cannot be asked'}`;
  const rules = [said.outbound?.rule, said.inbound?.rule].map((rule) => rule ?? 'no rule');
  return `${asked}${where}expected ${result.expected}, is ${said.verdict} (outbound ${rules[0]}, inbound ${rules[1]})`;
}
