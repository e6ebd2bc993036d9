import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { Outcome } from '@bulkhead/model/decision.ts';
import type { Cell, DirectionTable, DomainName, NumberedDecision } from '@bulkhead/model/host-ruleset.ts';
import type { NamedDecision } from './named-decision.ts';

/** Decisions by identity, then class; rows that are one object are equal. Row 0 and column 0 are always there. */
export type Matrix = readonly (readonly NamedDecision[])[];

export type EncodedTables = {
  /** Those that some decision looks at. */
  readonly names: readonly DomainName[];
  readonly decisions: readonly NumberedDecision[];
  /** In the order of the matrices. */
  readonly tables: readonly DirectionTable[];
};

/** Leaves out of each matrix what the default row and the miss say already, and numbers the decisions that remain. */
export function encodeTables(matrices: readonly Matrix[]): EncodedTables {
  const texts = new DecisionTexts();
  const sparse = matrices.map((matrix) => sparseCells(matrix, texts));
  const used = new Map<string, NamedDecision>();
  const use = (decision: NamedDecision): void => {
    const { text } = texts.say(decision);
    if (used.has(text)) return;
    used.set(text, decision);
    for (const { instead } of decision.named ?? []) use(instead);
  };
  for (const { cells, miss } of sparse) for (const said of [miss, ...cells]) use(said.decision);
  const sorted = [...used].sort(([a], [b]) => compareBytes(a, b));
  const numbers = new Map(sorted.map(([text], number) => [text, number]));
  const numberOf = (text: string): number => numbers.get(text) ?? 0;
  const names = namesIn(used.values());
  const nameIds = new Map(names.map(({ id, name }) => [name, id]));
  const numbered = ({ effective, intended, named }: NamedDecision, number: number): NumberedDecision => {
    const alternatives = named?.map(({ name, instead }) => {
      return { name: nameIds.get(name) ?? 0, decision: numberOf(texts.say(instead).text) };
    });
    return { number, effective, intended, ...(alternatives === undefined ? {} : { named: alternatives }) };
  };
  return {
    names,
    decisions: sorted.map(([, decision], number) => numbered(decision, number)),
    tables: sparse.map(({ cells, miss }) => ({
      cells: cells.map((cell): Cell => ({ ...cell.at, decision: numberOf(cell.text) })),
      miss: numberOf(miss.text),
    })),
  };
}

function namesIn(decisions: Iterable<NamedDecision>): DomainName[] {
  const names = new Set<string>();
  for (const { named = [] } of decisions) for (const { name } of named) names.add(name);
  return [...names].sort(compareBytes).map((name, index) => ({ id: index + 1, name }));
}

type Said = { readonly decision: NamedDecision; readonly text: string };
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
  readonly #texts = new Map<NamedDecision, string>();

  say(decision: NamedDecision): Said {
    const known = this.#texts.get(decision);
    const text = known ?? this.#textOf(decision);
    if (known === undefined) this.#texts.set(decision, text);
    return { decision, text };
  }

  /** Rule ids and names have no brackets. */
  #textOf({ intended, effective, named }: NamedDecision): string {
    const plain = `${outcomeText(intended)} / ${outcomeText(effective)}`;
    if (named === undefined) return plain;
    return `${plain} ${named.map(({ name, instead }) => `[${name} ${this.say(instead).text}]`).join('')}`;
  }
}

const outcomeText = ({ verdict, rule, tier }: Outcome): string => `${verdict} ${rule ?? ''} ${tier ?? ''}`;
