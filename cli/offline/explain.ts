import type { View } from '@bulkhead/model/decision.ts';
import type { NearestRule } from '@bulkhead/policy/deciding/nearest.ts';
import { type ConsideredRule, type EndExplanation, explain, type PairExplanation } from '@bulkhead/policy/explain.ts';
import type { Probe, Who } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { answer, argument, type Call, type CommandText, optionText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { badInput, cannot } from '../failure.ts';
import { openApi } from '../online/api.ts';
import { onlineOptions } from '../online/options.ts';
import { withQuery } from '../online/pages.ts';
import { table } from '../table.ts';
import type { Colors } from '../terminal.ts';
import { atOption, chosenView, estateOption, givenPaths, policyOption, requireWorld, viewOption } from './load.ts';

export const explainCommand: CommandText = {
  usage: 'explain <from> <to> <service>',
  about: 'why a connection is allowed or denied; from files, or from a controller when none are given',
  options: [
    { ...estateOption, required: false },
    { ...policyOption, required: false },
    ...onlineOptions,
    { flags: '--from-process <path>', about: 'process of the source: an executable or a unit' },
    { flags: '--to-process <path>', about: 'process of the destination' },
    { flags: '--user <name>', about: 'who connects' },
    viewOption,
    atOption,
  ],
  run: explainConnection,
};

async function explainConnection(call: Call): Promise<ExitCode> {
  const [from, to, service] = [argument(call, 0), argument(call, 1), argument(call, 2)];
  const { estate, policy } = givenPaths(call);
  if (estate.length > 0 !== policy.length > 0) {
    throw badInput(
      'half-a-world',
      'Cannot explain: only one of --estate and --policy is given, both or none are needed',
    );
  }
  const asked = { from, to, service, ...givenWho(call) };
  const explained = estate.length > 0 ? fromFiles(call, asked) : await online(call, asked);
  const view = chosenView(call);
  return answer(call, explained, () =>
    explained.map((pair) => pairLines(pair, { service, view, colors: call.terminal.colors }).join('\n')).join('\n\n'),
  );
}

type Asked = Pick<Probe, 'from' | 'to' | 'service'> & Who;

function givenWho(call: Call): Who {
  const [fromProcess, toProcess, user] = [
    optionText(call, 'fromProcess'),
    optionText(call, 'toProcess'),
    optionText(call, 'user'),
  ];
  return {
    ...(fromProcess !== null && { fromProcess }),
    ...(toProcess !== null && { toProcess }),
    ...(user !== null && { user }),
  };
}

function fromFiles(call: Call, asked: Asked): readonly PairExplanation[] {
  const { estate, policy } = requireWorld(call, givenPaths(call));
  const explained = explain(policy, estate, asked);
  if (isProblem(explained)) throw badInput(explained.code, explained.message, explained.hint);
  return explained;
}

async function online(call: Call, asked: Asked): Promise<readonly PairExplanation[]> {
  const { pairs } = (await openApi(call).get(withQuery('/explain', { ...asked }))) as {
    readonly pairs?: readonly PairExplanation[];
  };
  if (pairs !== undefined) return pairs;
  throw cannot('bad-answer', 'Cannot explain: the answer names no pairs, a controller of this version is needed');
}

type Shown = { readonly service: string; readonly view: View; readonly colors: Colors };

export function pairLines(pair: PairExplanation, { service, view, colors }: Shown): readonly string[] {
  const other: View = view === 'intended' ? 'effective' : 'intended';
  const verdict = (text: string) => (text === 'allow' ? colors.green(text) : colors.red(text));
  return [
    `${pair.from} -> ${pair.to} ${service}${pair.via === null ? '' : ` via ${pair.via}`}: ${verdict(pair.verdict[view])} ${view}, ${verdict(pair.verdict[other])} ${other}`,
    ...endLines('outbound', pair.outbound, view),
    ...endLines('inbound', pair.inbound, view),
  ];
}

function endLines(name: string, end: EndExplanation, view: View): readonly string[] {
  if (end.mode === null) return [`  ${name}: nobody enforces at this end`];
  const { verdict, rule, tier } = end[view];
  const why = rule === null ? (end.rules.length === 0 ? 'no rule matches' : 'no rule decides') : `${rule} in ${tier}`;
  const rows = end.rules.map((considered) => ruleRow(considered, view));
  const rules = rows.length === 0 ? [] : table(['', '', '', ''], rows).split('\n').slice(1);
  const nearest = end.nearest === null ? [] : [`    nearest: ${nearestText(end.nearest)}`];
  return [`  ${name}: ${verdict}, ${why} (mode ${end.mode})`, ...rules.map((line) => `    ${line}`), ...nearest];
}

/** One sentence; the console says the same. */
function nearestText({ rule, instance, tier, verdict, obstacle }: NearestRule): string {
  const named = instance === null ? rule : `${rule} (${instance})`;
  return `${named} in ${tier} would ${verdict} but for ${obstacle.part}: it asks for ${obstacle.asked}, here is ${obstacle.found}`;
}

function ruleRow(considered: ConsideredRule, view: View): readonly string[] {
  const { rule, instance, tier, verdict, fate, unknown } = considered;
  const named = instance === null ? rule : `${rule} (${instance})`;
  return [
    fate[view],
    tier,
    verdict,
    unknown.length === 0 ? named : `${named}, ${unknown.join(' and ')} not known here`,
  ];
}
