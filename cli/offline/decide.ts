import { createReadStream } from 'node:fs';
import type { View } from '@bulkhead/model/decision.ts';
import type { ViewAnswer } from '@bulkhead/policy/decide.ts';
import { ManyProbes } from '@bulkhead/policy/decide-many.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { type Call, type CommandText, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { type Line, readLines } from './line-reader.ts';
import { atOption, chosenView, estateOption, givenPaths, policyOption, requireWorld, viewOption } from './load.ts';
import { isLineProblem, type LineProblem, parseProbeLine } from './probe-line.ts';

const lineLimit = 64 * 1024;

export const decideCommand: CommandText = {
  usage: 'decide',
  about: 'decide probes: JSON lines in, JSON lines out, in order',
  options: [
    estateOption,
    policyOption,
    { flags: '--probes <file>', about: 'where the probes are (default: standard input)' },
    viewOption,
    atOption,
  ],
  run: runDecide,
};

async function runDecide(call: Call): Promise<ExitCode> {
  const desk: Desk = {
    many: new ManyProbes(requireWorld(call, givenPaths(call))),
    view: chosenView(call),
    ends: new WeakMap(),
  };
  let bad = false;
  for await (const lines of readLines(openProbes(optionText(call, 'probes')), lineLimit)) {
    const answers = lines.filter((line) => line?.trim() !== '').map((line) => answerLine(desk, line));
    if (answers.some((answer) => answer.startsWith(refused))) bad = true;
    // One write for all of them: a write for each takes longer than to decide it.
    if (answers.length > 0) call.terminal.say(answers.join('\n'));
    await call.terminal.drained();
  }
  return bad ? exitCodes.badInput : exitCodes.ok;
}

type Desk = {
  readonly many: ManyProbes;
  readonly view: View;
  /** How the lines end that say an answer which many probes share. */
  readonly ends: WeakMap<ViewAnswer, string>;
};

/** No probe has such a key. */
const refused = '{"error":';

/** The probe with its answer, or `{"error"}` in its place. */
function answerLine(desk: Desk, line: Line): string {
  if (line === null) {
    return refusal({ code: 'line-too-long', message: `Cannot read probe: the line is over ${lineLimit} characters` });
  }
  const probe = parseProbeLine(line);
  if (isLineProblem(probe)) return refusal(probe);
  const answer = desk.many.answer(probe);
  if (isProblem(answer)) return refusal(answer);
  return JSON.stringify(probe).slice(0, -1) + endOfLine(desk, answer[desk.view]);
}

const refusal = ({ code, message }: LineProblem): string => `${refused}${JSON.stringify({ code, message })}}`;

function endOfLine({ ends }: Desk, answer: ViewAnswer): string {
  const known = ends.get(answer);
  if (known !== undefined) return known;
  const { verdict, outbound, inbound, pairs } = answer;
  const end = `,${JSON.stringify({ verdict, outbound, inbound, ...(pairs.length > 0 && { pairs }) }).slice(1)}`;
  ends.set(answer, end);
  return end;
}

function openProbes(file: string | null): AsyncIterable<string> {
  if (file === null || file === '-') return process.stdin.setEncoding('utf8');
  return open(file);
}

async function* open(file: string): AsyncGenerator<string> {
  try {
    yield* createReadStream(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw badInput('no-such-file', `Cannot read probes "${file}": ${why}, a file of JSON lines is needed`);
  }
}
