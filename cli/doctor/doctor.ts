import { join } from 'node:path';
import type { Call, CommandText } from '../command.ts';
import { optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { Failure } from '../failure.ts';
import { chooseEndpoint, defaultDirectory } from '../online/endpoint.ts';
import { onlineOptions } from '../online/options.ts';
import { send } from '../online/request.ts';
import type { Terminal } from '../terminal.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import {
  checkAgent,
  checkCgroup,
  checkClock,
  checkConntrack,
  checkDisk,
  checkHelper,
  checkKernel,
  checkNftVersion,
  checkRoot,
} from './host-checks.ts';
import { type Machine, thisMachine } from './machine.ts';
import {
  checkFlush,
  checkForeignDrops,
  checkForwarding,
  checkMarks,
  checkOwnTable,
  readTables,
} from './table-checks.ts';

export const doctorCommand: CommandText = {
  usage: 'doctor',
  about: 'look at this machine: what works, what does not, and what to do',
  options: onlineOptions,
  run: runDoctor,
};

/** Where an agent that was not told otherwise says what it holds. */
const agentState = '/var/lib/bulkhead/state.json';
const helperPath = join(import.meta.dirname, '../../native/build/bulkhead-helper');

async function runDoctor(call: Call): Promise<ExitCode> {
  const machine = thisMachine();
  const controller = await checkController(call);
  const findings = [
    checkRoot(machine),
    checkKernel(machine),
    checkNftVersion(machine),
    checkHelper(machine, helperPath),
    checkAgent(machine, agentState),
    checkCgroup(machine),
    checkConntrack(machine),
    ...tableFindings(machine),
    checkFlush(machine),
    checkForwarding(machine),
    checkDisk(machine, optionText(call, 'data') ?? defaultDirectory),
    controller.finding,
    checkClock(controller.clockSeconds),
  ];
  const failed = findings.some((finding) => finding.state === 'fail');
  if (call.json) call.terminal.say(JSON.stringify({ ok: !failed, findings }));
  else for (const line of findingLines(call.terminal, findings)) call.terminal.say(line);
  return failed ? exitCodes.no : exitCodes.ok;
}

function tableFindings(machine: Machine): readonly Finding[] {
  const tables = readTables(machine);
  if (tables === null) return [warn('tables', 'cannot be listed', 'run as root, with nftables installed')];
  return [checkOwnTable(tables), checkForeignDrops(tables), checkMarks(machine)];
}

type Reached = { readonly finding: Finding; readonly clockSeconds: number | null };

/** Being without a controller is a warning: agents enforce and offline commands answer without one. */
async function checkController(call: Call): Promise<Reached> {
  try {
    const response = await send(chooseEndpoint(call), { method: 'GET', path: '/healthz', signal: call.ended });
    response.resume();
    const status = response.statusCode ?? 0;
    const finding = status < 300 ? ok('controller', 'reached') : fail('controller', `answers ${status}`, 'see its log');
    const theirs = Date.parse(response.headers.date ?? '');
    return { finding, clockSeconds: Number.isNaN(theirs) ? null : Math.round((theirs - Date.now()) / 1000) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { finding: warn('controller', error.message, error.hint ?? undefined), clockSeconds: null };
  }
}

export function findingLines({ colors }: Pick<Terminal, 'colors'>, findings: readonly Finding[]): readonly string[] {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red };
  const lines = findings.flatMap(({ check, state, text, hint }) => [
    `${paint[state](state.padEnd(4))}  ${check.padEnd(width)}  ${text}`,
    ...(hint === null ? [] : [`${' '.repeat(8 + width)}${colors.dim(hint)}`]),
  ]);
  const count = (state: Finding['state']) => findings.filter((finding) => finding.state === state).length;
  return [...lines, `${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} failed`];
}
