import type { Colors } from '../terminal.ts';
import { ageText } from './edge-text.ts';

/** What the controller says of a cluster that it watches, as far as it is shown. */
export type ClusterStatus = {
  readonly name: string;
  readonly state: string;
  readonly connectedSince: string | null;
  readonly staleSince: string | null;
  readonly workloads: number;
  readonly refused: {
    readonly count: number;
    readonly first: readonly { readonly name: string; readonly why: string }[];
  };
  readonly unsetKeys: Readonly<Record<string, number>>;
  readonly problems: readonly string[];
};

type Shown = { readonly now: string; readonly clusters?: readonly ClusterStatus[] };
const keysShown = 5;

/** One line for each cluster, and one for everything about it that wants to be looked at. */
export function clusterLines({ now, clusters = [] }: Shown, colors: Colors): readonly string[] {
  const since = (time: string | null) => (time === null ? '' : ` for ${ageText(Date.parse(now) - Date.parse(time))}`);
  return clusters.flatMap(({ name, state, connectedSince, staleSince, workloads, refused, unsetKeys, problems }) => {
    const isFresh = state === 'watching';
    const how = `${state}${since(isFresh ? connectedSince : staleSince)}`;
    const [first] = refused.first;
    const keys = Object.entries(unsetKeys).sort(([, a], [, b]) => b - a);
    const more = keys.length > keysShown ? ` and ${keys.length - keysShown} more` : '';
    const listed = keys.slice(0, keysShown).map(([key, count]) => `${key} (${count})`);
    return [
      `cluster     ${name} ${isFresh ? how : colors.yellow(how)}, ${workloads} workloads`,
      ...(first === undefined
        ? []
        : [`  refused   ${colors.yellow(`${refused.count}, such as ${first.name}: ${first.why}`)}`]),
      ...(keys.length === 0
        ? []
        : [`  not set   ${listed.join(', ')}${more}: no LabelSource lets an orchestrator set them`]),
      ...problems.map((problem) => `  problem   ${colors.red(problem)}`),
    ];
  });
}
