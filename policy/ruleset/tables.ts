import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Decision, Outcome } from '@bulkhead/model/decision.ts';
import type { Cell, DirectionTable, NumberedDecision } from '@bulkhead/model/host-ruleset.ts';

/** Decisions by identity, then class; rows that are one object are equal. Row 0 and column 0 are always there. */
export type Matrix = readonly (readonly Decision[])[];

export type EncodedTables = {
  readonly decisions: readonly NumberedDecision[];
  /** In the order of the matrices. */
  readonly tables: readonly DirectionTable[];
};

/** Leaves out of each matrix what the default row and the miss say already, and numbers the decisions that remain. */
export function encodeTables(matrices: readonly Matrix[]): EncodedTables {
  const texts = new DecisionTexts();
  const sparse = matrices.map((matrix) => sparseCells(matrix, texts));
  const used = new Map<string, Decision>();
  for (const { cells, miss } of sparse) for (const said of [miss, ...cells]) used.set(said.text, said.decision);
  const sorted = [...used].sort(([a], [b]) => compareBytes(a, b));
  const numbers = new Map(sorted.map(([text], number) => [text, number]));
  const numberOf = (text: string): number => numbers.get(text) ?? 0;
  return {
    decisions: sorted.map(([, { effective, intended }], number) => ({ number, effective, intended })),
    tables: sparse.map(({ cells, miss }) => ({
      cells: cells.map((cell): Cell => ({ ...cell.at, decision: numberOf(cell.text) })),
      miss: numberOf(miss.text),
    })),
  };
}

type Said = { readonly decision: Decision; readonly text: string };
type SaidAt = Said & { readonly at: { readonly identity: number; readonly class: number } };

function sparseCells(matrix: Matrix, texts: DecisionTexts): { readonly cells: SaidAt[]; readonly miss: Said } {
  const defaults = (matrix[0] ?? []).map((decision) => texts.say(decision));
  const [miss] = defaults;
  if (miss === undefined) throw new Error('A matrix has a row 0 and a column 0');
  const cells: SaidAt[] = [];
  for (const [number, { text, decision }] of defaults.entries()) {
    if (text !== miss.text) cells.push({ text, decision, at: { identity: 0, class: number } });
  }
  for (const [identity, row] of matrix.entries()) {
    if (row === matrix[0]) continue;
    for (const [number, decision] of row.entries()) {
      const { text } = texts.say(decision);
      if (text !== defaults[number]?.text) cells.push({ text, decision, at: { identity, class: number } });
    }
  }
  return { cells, miss };
}

/** Remembers the text of each decision object; `settle` makes few of them and rows are shared. */
class DecisionTexts {
  readonly #texts = new Map<Decision, string>();

  say(decision: Decision): Said {
    const known = this.#texts.get(decision);
    const text = known ?? `${outcomeText(decision.intended)} / ${outcomeText(decision.effective)}`;
    if (known === undefined) this.#texts.set(decision, text);
    return { decision, text };
  }
}

const outcomeText = ({ verdict, rule, tier }: Outcome): string => `${verdict} ${rule ?? ''} ${tier ?? ''}`;
