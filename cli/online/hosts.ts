import type { Inventory } from '@bulkhead/wire/messages.ts';
import { answer, type Call, type CommandText } from '../command.ts';
import type { ExitCode } from '../exit-codes.ts';
import { table } from '../table.ts';
import type { Colors } from '../terminal.ts';
import { openApi } from './api.ts';
import { ageText } from './edge-text.ts';
import { inventoryLines } from './inventory-text.ts';
import { labelsText } from './label-arguments.ts';
import { type LearnedNames, nameLines } from './name-lines.ts';
import { onlineOptions } from './options.ts';
import { allItems, segment } from './pages.ts';
import { type Proof, proofLines, provenText } from './proof-text.ts';

/** One managed host, as far as it is shown. */
export type Host = {
  readonly name: string;
  /** Whose agent enforces for it; null: its own. Absent from a controller that is older than guests. */
  readonly host?: string | null;
  readonly mode: { readonly inbound: string; readonly outbound: string };
  readonly connected: boolean;
  readonly lastSeen: string | null;
  readonly generation: {
    readonly intended: number;
    readonly applied: number | null;
    readonly proven: number | null;
  };
  readonly proven: boolean;
  /** Absent from a controller that is older than proofs. */
  readonly proof?: Proof;
  readonly counted: number | null;
  readonly received: number | null;
  readonly lost: number | null;
  readonly capabilities: { readonly level: string; readonly absent: readonly string[] } | null;
  readonly problems: readonly string[];
};

/** One managed host with what its agent found on it. */
type HostDetail = Host & {
  readonly labels: Readonly<Record<string, string>>;
  /** Times during which nothing was reported. */
  readonly gaps: readonly { readonly from: string; readonly until: string | null }[];
  readonly inventory: Inventory | null;
  /** Null: its rules name no domains. Absent from a controller that is older than this. */
  readonly names?: LearnedNames | null;
  /** Absent from a controller that is older than this. */
  readonly first?: readonly FirstRule[];
  readonly trial?: { readonly seconds: number; readonly reach: readonly TriedEnd[] };
};
type FirstRule = {
  readonly tier: string;
  readonly rule: string;
  readonly direction: 'inbound' | 'outbound';
  readonly verdict: string;
  readonly peers: readonly string[];
  readonly services: readonly string[];
};
type TriedEnd = { readonly dependency: string; readonly end: string; readonly reach: readonly string[] };

export const hostsCommand: CommandText = {
  usage: 'hosts [name]',
  about:
    'managed hosts and their guests: mode, generation intended, applied and proven, and what was lost; with a name, its inventory',
  options: onlineOptions,
  run: (call) => (call.args[0] === undefined ? listHosts(call) : showHost(call, call.args[0])),
};

async function showHost(call: Call, name: string): Promise<ExitCode> {
  const host = (await openApi(call).get(`/hosts/${segment(name)}`)) as HostDetail;
  return answer(call, host, () => hostText(host, call.terminal.colors, Date.now()));
}

async function listHosts(call: Call): Promise<ExitCode> {
  const hosts = await allItems<Host>(openApi(call), '/hosts');
  return answer(call, hosts, () => hostTable(hosts, call.terminal.colors, Date.now()));
}

export const hostHeader = [
  'HOST',
  'MODE',
  'AGENT',
  'INTENDED',
  'APPLIED',
  'PROVEN',
  'LOST',
  'LEVEL',
  'PROBLEMS',
] as const;

export function hostTable(hosts: readonly Host[], colors: Colors, now: number): string {
  if (hosts.length === 0) return 'no hosts; enrol one with bulkhead pairing-key create';
  return table(
    hostHeader,
    hosts.map((host) => hostRow(host, colors, now)),
  );
}

function hostRow(host: Host, colors: Colors, now: number): readonly string[] {
  const { intended, applied } = host.generation;
  return [
    host.name,
    modeText(host.mode),
    agentText(host, colors, now),
    String(intended),
    applied === null ? '-' : String(applied),
    provenCell(host, colors, now),
    lossText(host, colors),
    host.capabilities?.level ?? '-',
    host.problems.length === 0 ? '-' : colors.red(host.problems.join('; ')),
  ];
}

function provenCell({ generation, proven, proof }: Host, colors: Colors, now: number): string {
  if (proof !== undefined) return provenText(proof, colors, now);
  const said = generation.proven;
  return proven ? colors.green(`${said} yes`) : colors.yellow(said === null ? 'no' : `${said} no`);
}

export const modeText = ({ inbound, outbound }: Host['mode']): string =>
  inbound === outbound ? inbound : `in ${inbound}, out ${outbound}`;

function hostText(host: HostDetail, colors: Colors, now: number): string {
  const { capabilities, gaps } = host;
  const lastGap = gaps.at(-1);
  return [
    hostTable([host], colors, now),
    '',
    ...firstLines(host.first ?? []),
    ...trialLines(host.trial),
    ...(host.proof === undefined ? [] : proofLines({ name: host.name, proof: host.proof }, colors, now)),
    `labels     ${labelsText(host.labels) || '-'}`,
    `not there  ${capabilities === null ? 'not said yet' : capabilities.absent.join(', ') || 'nothing'}`,
    `gaps       ${lastGap === undefined ? 'none' : `${gaps.length}, the last from ${lastGap.from} until ${lastGap.until ?? 'now'}`}`,
    ...inventoryLines(host.inventory),
    ...nameLines(host.names ?? null, now),
  ].join('\n');
}

/** They hold before anything else, so they stand first. */
function firstLines(rules: readonly FirstRule[]): string[] {
  if (rules.length === 0) return ['first      no rule of lifeline or rescue holds here', ''];
  const rows = rules.map(({ tier, rule, direction, verdict, peers, services }) => {
    const way = direction === 'inbound' ? 'from' : 'to';
    return [`${tier}`, rule, `${verdict} ${way} ${peers.join(' or ')}`, services.join(' ')];
  });
  return [table(['FIRST', 'RULE', 'WHAT', 'SERVICES'], rows), ''];
}

function trialLines(trial: HostDetail['trial']): string[] {
  if (trial === undefined) return [];
  const ends = trial.reach.map(({ end, reach }) => `${end}${reach.length === 0 ? ' (no address, not tried)' : ''}`);
  return [
    `tried      the controller${ends.map((end) => `, ${end}`).join('')}: within ${trial.seconds} s, or the rules before come back`,
  ];
}

function agentText(host: Host, colors: Colors, now: number): string {
  const whose = host.host === undefined || host.host === null ? '' : `of ${host.host}, `;
  return whose + (host.connected ? colors.green('connected') : colors.red(awayText(host, now)));
}

function awayText(host: Host, now: number): string {
  return host.lastSeen === null ? 'never seen' : `away ${ageText(now - Date.parse(host.lastSeen))}`;
}

/** Of how many the kernel counted; a loss nobody can compute is not zero. */
function lossText(host: Host, colors: Colors): string {
  if (host.lost === null) return '-';
  const text = `${host.lost} of ${host.counted ?? '?'}`;
  return host.lost > 0 ? colors.red(text) : text;
}
