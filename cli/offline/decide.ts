import { createReadStream } from 'node:fs';
import type { View } from '@bulkhead/model/decision.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import type { Estate } from '@bulkhead/policy/estate.ts';
import type { Policy } from '@bulkhead/policy/policy.ts';
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
  const { estate, policy } = requireWorld(call, givenPaths(call));
  const view = chosenView(call);
  let bad = false;
  for await (const line of readLines(openProbes(optionText(call, 'probes')), lineLimit)) {
    if (line?.trim() === '') continue;
    const answer = answerLine({ policy, estate, view }, line);
    if ('error' in answer) bad = true;
    call.terminal.say(JSON.stringify(answer));
    await call.terminal.drained();
  }
  return bad ? exitCodes.badInput : exitCodes.ok;
}

export type Decider = { readonly policy: Policy; readonly estate: Estate; readonly view: View };

/** The probe with its answer, or `{"error"}` in its place. */
export function answerLine(decider: Decider, line: Line): object {
  if (line === null) {
    return { error: { code: 'line-too-long', message: `Cannot read probe: the line is over ${lineLimit} characters` } };
  }
  const probe = parseProbeLine(line);
  if (isLineProblem(probe)) return { error: pick(probe) };
  const answer = decide(decider.policy, decider.estate, probe);
  if (isProblem(answer)) return { error: pick(answer) };
  const { verdict, outbound, inbound, pairs } = answer[decider.view];
  return { ...probe, verdict, outbound, inbound, ...(pairs.length > 0 && { pairs }) };
}

const pick = ({ code, message }: LineProblem): LineProblem => ({ code, message });

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
