import { table } from '../table.ts';
import type { Colors } from '../terminal.ts';
import { ageText } from './edge-text.ts';

type ProbeCount = { readonly tried: number; readonly asExpected: number; readonly undecided: number };

/** What is known of one host's ruleset, each with its time (docs/proof.md). */
export type Proof = {
  readonly intended: { readonly generation: number; readonly at: string | null };
  readonly applied: { readonly generation: number | null; readonly at: string | null };
  readonly proven: {
    readonly state: 'proven' | 'old' | 'not proven';
    readonly reason: string | null;
    readonly since: string | null;
    readonly generation: number | null;
    readonly at: string | null;
    readonly depth: string | null;
    readonly slice: { readonly first: number; readonly count: number; readonly of: number } | null;
    readonly whole: string | null;
  };
  readonly probed: {
    readonly closed: ProbeCount;
    readonly open: ProbeCount;
    readonly at: string | null;
    readonly alarms: readonly string[];
  };
  readonly gaps: readonly { readonly from: string; readonly until: string }[];
  readonly refused: { readonly count: number; readonly at: string; readonly message: string } | null;
  readonly clockAheadMilliseconds: number | null;
};
export type ProvenHost = { readonly name: string; readonly proof: Proof };

const ago = (at: string | null, now: number): string =>
  at === null ? 'time not known' : `${ageText(now - Date.parse(at))} ago`;

/** For a table: the state, and how old the proof is. */
export function provenText({ proven }: Proof, colors: Colors, now: number): string {
  const { state, at, since } = proven;
  if (state === 'proven') return colors.green(`yes, ${ago(at, now)}`);
  if (state === 'old') return colors.yellow(`old, ${ago(at, now)}`);
  return colors.red(since === null ? 'no' : `no, since ${ageText(now - Date.parse(since))}`);
}

export function probedText({ probed }: Proof, colors: Colors): string {
  const { closed, open, alarms } = probed;
  if (alarms.length > 0) return colors.red(`${alarms.length} NOT AS IT MUST BE`);
  const parts = [
    ...(closed.tried > 0 ? [`${closed.asExpected} of ${closed.tried} closed`] : []),
    ...(open.tried > 0 ? [`${open.asExpected} of ${open.tried} open`] : []),
  ];
  return parts.join(', ') || '-';
}

export function proofLines({ proof }: ProvenHost, colors: Colors, now: number): readonly string[] {
  const { intended, applied, proven, probed, gaps, refused, clockAheadMilliseconds: ahead } = proof;
  const lastGap = gaps.at(-1);
  return [
    `intended   generation ${intended.generation}, ${ago(intended.at, now)}`,
    `applied    ${applied.generation === null ? 'nothing' : `generation ${applied.generation}, ${ago(applied.at, now)}`}`,
    `proven     ${provenText(proof, colors, now)}${proven.reason === null ? '' : `: ${proven.reason}`}`,
    ...(proven.generation === null ? [] : [`read back  ${readText(proven, now)}`]),
    `probed     ${probedText(proof, colors)}${probed.at === null ? '' : `, the last ${ago(probed.at, now)}`}`,
    ...probed.alarms.map((alarm) => colors.red(`alarm      ${alarm}`)),
    ...(lastGap === undefined
      ? []
      : [colors.yellow(`gaps       ${gaps.length}, the last from ${lastGap.from} until ${lastGap.until}`)]),
    ...(refused === null
      ? []
      : [colors.yellow(`refused    ${refused.count}, the last ${ago(refused.at, now)}: ${refused.message}`)]),
    ...(ahead === null ? [] : [colors.yellow(`clock      ${Math.round(ahead / 1000)} s ahead of the controller's`)]),
  ];
}

function readText({ depth, slice, whole }: Proof['proven'], now: number): string {
  if (depth === 'structure') return 'its structure, without elements';
  const last = whole === null ? '' : `, everything ${ago(whole, now)}`;
  if (depth === 'slice' && slice !== null) {
    return `rules and elements ${slice.first} to ${slice.first + slice.count} of ${slice.of}${last}`;
  }
  return `everything${whole === null ? '' : `, listed ${ago(whole, now)} and no rules changed since`}`;
}

export function proofTable(hosts: readonly ProvenHost[], colors: Colors, now: number): string {
  if (hosts.length === 0) return 'no hosts; enrol one with bulkhead pairing-key create';
  const rows = hosts.map(({ name, proof }) => {
    const { intended, applied, proven } = proof;
    return [
      name,
      `${intended.generation}, ${ago(intended.at, now)}`,
      applied.generation === null ? '-' : `${applied.generation}, ${ago(applied.at, now)}`,
      provenText(proof, colors, now),
      proven.state === 'proven' ? (proven.depth ?? '-') : '-',
      probedText(proof, colors),
      proven.reason ?? '-',
    ];
  });
  const fresh = hosts.filter(({ proof }) => proof.proven.state === 'proven').length;
  const head = ['HOST', 'INTENDED', 'APPLIED', 'PROVEN', 'DEPTH', 'PROBED', 'MISSING'];
  return `${table(head, rows)}\n\n${fresh} of ${hosts.length} proven within 30 s`;
}
