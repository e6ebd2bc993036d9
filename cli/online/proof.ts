import { type ExportedProof, readExportedProof } from '@bulkhead/wire/proof.ts';
import { answer, argument, type Call, type CommandText, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { openApi } from './api.ts';
import { onlineOptions } from './options.ts';
import { allItems, segment } from './pages.ts';
import { type ProvenHost, proofLines, proofTable } from './proof-text.ts';

export const proofOnlineCommands: readonly CommandText[] = [
  {
    usage: 'show [name]',
    about: 'what hosts are meant to hold, what their kernels took, what was read back and what was tried with packets',
    options: onlineOptions,
    run: showProof,
  },
  {
    usage: 'export',
    about: 'signed statements with their certificates as JSON lines, to be checked by others',
    options: [
      ...onlineOptions,
      { flags: '--since <time>', about: 'received at or after this time, as 2026-11-27T10:00Z' },
    ],
    run: exportProofs,
  },
];

/** Exit code 1 where something is not proven: for scripts. */
async function showProof(call: Call): Promise<ExitCode> {
  const api = openApi(call);
  const { colors } = call.terminal;
  const name = call.args[0];
  if (name === undefined) {
    const hosts = await allItems<ProvenHost>(api, '/hosts');
    answer(call, hosts.map(shown), () => proofTable(hosts, colors, Date.now()));
    return exitOf(hosts);
  }
  const host = (await api.get(`/hosts/${segment(argument(call, 0))}`)) as ProvenHost;
  answer(call, shown(host), () => proofLines(host, colors, Date.now()).join('\n'));
  return exitOf([host]);
}

const shown = ({ name, proof }: ProvenHost): ProvenHost => ({ name, proof });

function exitOf(hosts: readonly ProvenHost[]): ExitCode {
  const isSound = ({ proof }: ProvenHost) => proof.proven.state === 'proven' && proof.probed.alarms.length === 0;
  return hosts.every(isSound) ? exitCodes.ok : exitCodes.no;
}

async function exportProofs(call: Call): Promise<ExitCode> {
  const given = optionText(call, 'since');
  const since = given === null ? 0 : Date.parse(given);
  if (Number.isNaN(since)) {
    throw badInput('bad-time', `Cannot read --since "${given}": it is no time, one like 2026-11-27T10:00Z is needed`);
  }
  const lines = await allItems<ExportedProof>(openApi(call), `/proofs?since=${since}`);
  for (const line of lines) {
    const read = readExportedProof(JSON.stringify(line));
    if (read.kind === 'refused') throw new Error(read.problem.message);
    call.terminal.say(JSON.stringify(read.value));
  }
  return exitCodes.ok;
}
