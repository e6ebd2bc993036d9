import { renderFull } from '@bulkhead/enforce/nftables/render.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { contentHash, encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { compileHost } from '@bulkhead/policy/compile.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { type Call, type CommandText, optionText } from '../command.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { badInput } from '../failure.ts';
import { atOption, estateOption, givenPaths, moment, policyOption, requireWorld } from './load.ts';

export const compileCommand: CommandText = {
  usage: 'compile',
  about: 'what one host would enforce',
  options: [
    estateOption,
    policyOption,
    { flags: '--host <workload>', about: 'the workload to compile for', required: true },
    {
      flags: '--format <format>',
      about: 'neutral ruleset or nftables text',
      choices: ['ruleset', 'nft'],
      fallback: 'ruleset',
    },
    atOption,
  ],
  run: compileForHost,
};

async function compileForHost(call: Call): Promise<ExitCode> {
  const { estate, policy } = requireWorld(call, givenPaths(call));
  const workload = optionText(call, 'host') ?? '';
  const content = compileHost({ estate, policy, now: moment(call) }, workload);
  if (isProblem(content)) throw badInput(content.code, content.message, content.hint);
  // The numbers of a host that was never sent anything: only a controller knows the real ones.
  const numbers = { generation: 1, revision: 1, version: 0 };
  const ruleset: HostRuleset = { format: 1, workload, content, ...numbers, hash: contentHash(content) };
  const text = optionText(call, 'format') === 'nft' ? nftText(call, ruleset) : encodeHostRuleset(ruleset);
  call.terminal.say(text);
  return exitCodes.ok;
}

function nftText(call: Call, ruleset: HostRuleset): string {
  const script = renderFull(ruleset);
  return call.json ? JSON.stringify({ workload: ruleset.workload, hash: ruleset.hash, script }) : script.trimEnd();
}
