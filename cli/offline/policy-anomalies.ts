import { type Anomaly, findAnomalies } from '@bulkhead/policy/anomalies.ts';
import { answer, type Call, type CommandText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { plural } from '../print-problems.ts';
import { atOption, estateOption, givenPaths, policyOption, requireWorld } from './load.ts';

export const policyAnomaliesCommand: CommandText = {
  usage: 'anomalies',
  about: 'rules that do nothing, that others contradict, or that allow very much, with what to do',
  options: [estateOption, policyOption, atOption],
  run: showAnomalies,
};

async function showAnomalies(call: Call): Promise<ExitCode> {
  const { estate, policy, documents } = requireWorld(call, givenPaths(call));
  const anomalies = findAnomalies({ estate, policy }, documents);
  return answer(call, { anomalies }, () =>
    [...anomalies.flatMap(anomalyLines), anomalies.length === 0 ? 'no anomalies' : anomaliesText(anomalies)].join('\n'),
  );
}

const anomaliesText = ({ length }: readonly Anomaly[]): string => (length === 1 ? '1 anomaly' : `${length} anomalies`);

function anomalyLines({ kind, rule, place, why, by, more, example, fix }: Anomaly): readonly string[] {
  const where = place === null ? '' : `${place.file}:${place.line}: `;
  const others = more === 0 ? by.join(', ') : `${by.join(', ')} and ${plural(more, 'rule')} more`;
  return [
    `${where}${rule} is ${kind.replaceAll('-', ' ').replace('selects nothing', 'without a match')}: ${why}`,
    ...(by.length === 0 ? [] : [`  by ${others}`]),
    ...(example === null ? [] : [`  such as ${example.from} -> ${example.to} ${example.service}`]),
    `  ${fix.text}`,
  ];
}
