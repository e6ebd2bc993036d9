import { answer, type Call, type CommandText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { Colors } from '../terminal.ts';
import { openApi } from './api.ts';
import { type ClusterStatus, clusterLines } from './cluster-lines.ts';
import { ageText } from './edge-text.ts';
import { onlineOptions } from './options.ts';

/** What the controller says of itself, as far as it is shown. */
export type Status = {
  readonly version: { readonly number: number; readonly state: string };
  readonly started: string;
  readonly now: string;
  readonly setupNeeded: boolean;
  /** Null before the console answers; absent from a controller that is older than this. */
  readonly consoleAddress?: string | null;
  readonly agentAddresses: readonly string[];
  readonly authority: string;
  readonly workloads: {
    readonly managed: number;
    readonly unmanaged: number;
    readonly guests?: number;
    readonly containers?: number;
    readonly nodes?: number;
  };
  /** Absent from a controller that watches none, or is older than that. */
  readonly clusters?: readonly ClusterStatus[];
  readonly hosts: {
    readonly connected: number;
    readonly proven: number;
    /** Absent, with all that is said of proofs, from a controller that is older than them. */
    readonly fresh?: number;
    readonly freshSeconds?: number;
    readonly notProven?: readonly {
      readonly name: string;
      readonly state: string;
      readonly since: string | null;
      readonly reason: string | null;
    }[];
    readonly alarms?: readonly { readonly name: string; readonly alarms: readonly string[] }[];
    readonly away: readonly { readonly name: string }[];
    readonly withProblems: readonly string[];
  };
  /** Absent from a controller that is older than guests. */
  readonly guests?: { readonly proven: number; readonly notEnforced: readonly string[] };
  readonly reports: {
    readonly counted: number;
    readonly received: number;
    readonly lost: number;
    readonly droppedBatches: number;
    readonly missingBatches: number;
  };
  readonly disk: { readonly state: string; readonly problem?: string };
  readonly refusals: Readonly<Record<string, number>>;
  readonly duplicateAddresses: readonly { readonly address: string; readonly workloads: readonly string[] }[];
  readonly memoryBytes: number;
  /** What this version of the product does not do. */
  readonly absent: readonly string[];
};

/** Lines of hosts that are not proven; the others are counted. */
const mostNotProven = 10;

export const absentText = ({ absent }: Status): string => `not there yet: ${absent.join(', ')}`;

export const statusCommand: CommandText = {
  usage: 'status',
  about: 'the controller at a glance',
  options: onlineOptions,
  run: showStatus,
};

async function showStatus(call: Call): Promise<ExitCode> {
  const status = (await openApi(call).get('/status')) as Status;
  return answer(call, status, () => statusLines(status, call.terminal.colors).join('\n'));
}

export function statusLines(status: Status, colors: Colors): readonly string[] {
  const { version, hosts, workloads, reports } = status;
  const running = ageText(Date.parse(status.now) - Date.parse(status.started));
  const listed = (names: readonly string[]) => (names.length === 0 ? '' : `: ${names.join(', ')}`);
  const away = hosts.away.map((host) => host.name);
  const loss = `${reports.lost} of ${reports.counted} records`;
  return [
    `version     ${version.number} ${version.state}`,
    `running     ${running}, ${Math.round(status.memoryBytes / 1048576)} MB`,
    `console at  ${status.consoleAddress ?? '-'}`,
    `agents at   ${status.agentAddresses.join(' ') || '-'}`,
    `workloads   ${workloadCounts(workloads)}`,
    ...clusterLines(status, colors),
    `connected   ${hosts.connected} of ${workloads.managed}${away.length === 0 ? '' : colors.yellow(`, away${listed(away)}`)}`,
    ...provenLines(status, colors),
    ...guestLines(status, colors),
    `lost        ${reports.lost > 0 ? colors.red(loss) : loss}`,
    ...warningLines(status, colors),
    ...(status.setupNeeded ? ['set-up      not done: open the link that bulkhead up printed, or go on as root'] : []),
    colors.dim(absentText(status)),
  ];
}

/** The count, and every host that has no fresh proof with since when and why. */
function provenLines({ hosts, workloads, now }: Status, colors: Colors): readonly string[] {
  const { fresh, freshSeconds, notProven = [], alarms = [] } = hosts;
  if (fresh === undefined) return [`proven      ${hosts.proven} of ${workloads.managed}`];
  const line = `${fresh} of ${workloads.managed} within ${freshSeconds} s`;
  const lines = notProven.slice(0, mostNotProven).map(({ name, state, since, reason }) => {
    const age = since === null ? '' : ` for ${ageText(Date.parse(now) - Date.parse(since))}`;
    return colors.yellow(`  ${name}: ${state === 'old' ? 'proof is old' : state}${age}: ${reason ?? '-'}`);
  });
  const more =
    notProven.length > mostNotProven ? [`  and ${notProven.length - mostNotProven} more, see bulkhead proof show`] : [];
  return [
    `proven      ${notProven.length === 0 ? colors.green(line) : line}`,
    ...lines,
    ...more,
    ...alarms.flatMap(({ name, alarms: texts }) => texts.map((text) => colors.red(`ALARM       ${name}: ${text}`))),
  ];
}

function guestLines({ workloads, guests }: Status, colors: Colors): readonly string[] {
  if (guests === undefined || !workloads.guests) return [];
  const { proven, notEnforced } = guests;
  const not = notEnforced.length === 0 ? '' : colors.red(`, not enforced: ${notEnforced.join(', ')}`);
  return [`guests      ${proven} of ${workloads.guests} proven${not}`];
}

function workloadCounts({ managed, unmanaged, guests = 0, containers = 0, nodes = 0 }: Status['workloads']): string {
  const ofHosts = guests > 0 ? `, ${guests} guests` : '';
  const ofClusters = containers + nodes > 0 ? `, ${containers} containers, ${nodes} nodes` : '';
  return `${managed} managed, ${unmanaged} unmanaged${ofHosts}${ofClusters}`;
}

/** What is said only when there is something to say. */
function warningLines(
  { reports, hosts, disk, refusals, duplicateAddresses }: Status,
  colors: Colors,
): readonly string[] {
  const gaps = `${reports.missingBatches} batches missing, ${reports.droppedBatches} dropped by agents`;
  const refused = Object.entries(refusals).map(([code, count]) => `${code} ${count}`);
  const duplicates = duplicateAddresses.map(({ address, workloads }) => `${address} of ${workloads.join(' and ')}`);
  return [
    ...(reports.missingBatches + reports.droppedBatches > 0 ? [`gaps        ${colors.red(gaps)}`] : []),
    ...(disk.state === 'ok' ? [] : [`disk        ${colors.red(`${disk.state}: ${disk.problem ?? ''}`)}`]),
    ...(refused.length > 0 ? [`refused     ${colors.yellow(refused.join(', '))}`] : []),
    ...(duplicates.length > 0 ? [`duplicates  ${colors.yellow(duplicates.join(', '))}`] : []),
    ...(hosts.withProblems.length > 0
      ? [`problems    ${colors.red(hosts.withProblems.join(', '))}, see bulkhead hosts`]
      : []),
  ];
}
