import { type Box, withoutBoxes } from './boxes.ts';
import type { Cluster } from './cluster.ts';
import { skips } from './order.ts';
import { joinRows, type Row, rowsMeet } from './rows.ts';
import { isNoService } from './service-sets.ts';

type Question = { readonly fallback: 'allow' | 'deny'; readonly rows: readonly Row[] };

/**
 * The rows with one of them worked into those behind it that say otherwise: what it denies is taken out of what they
 * allow, and it is not needed any more; what it allows is taken out of what they deny. Null: that cannot be said, or
 * would not be the same (SPEC EX40).
 */
export function narrowedBy(cluster: Cluster, { fallback, rows }: Question, row: Row): readonly Row[] | null {
  const at = rows.indexOf(row);
  const isSkipped = rows.some((pass) => skips(pass, row) && rowsMeet(pass, row));
  if (row.verdict === 'pass' || isSkipped || (row.verdict === 'deny' && fallback === 'allow')) return null;
  const against = row.verdict === 'deny' ? 'allow' : 'deny';
  const narrowed: Row[] = [];
  for (const [index, one] of rows.entries()) {
    const isBehind = index > at && one.verdict === against && rowsMeet(one, row);
    const left = isBehind ? withoutRow(cluster, one, row) : [one];
    if (left === null) return null;
    if (one !== row || row.verdict === 'allow') narrowed.push(...left);
  }
  return narrowed;
}

function withoutRow({ allHaveAddresses }: Cluster, row: Row, hole: Row): readonly Row[] | null {
  const left = withoutBoxes(boxesOf(row), boxesOf(hole), allHaveAddresses);
  if (left === null) return null;
  const because = [...new Set([...row.because, hole.id, ...hole.because])];
  const rows = left.flatMap(({ from, to, services }) => {
    if (to.kind !== 'selection' || isNoService(services)) return [];
    return [{ ...row, subject: to.selection, peers: [from], services, because }];
  });
  return joinRows(rows);
}

/** From each peer to the subject, whichever way connections go. */
const boxesOf = ({ subject, peers, services }: Row): Box[] =>
  peers.map((peer) => ({ from: peer, to: { kind: 'selection', selection: subject }, services }));
