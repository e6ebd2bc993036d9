import { baseChains } from './base-chains.ts';
import { type DecisionCounter, decisionChains, usedDecisions } from './decision-chains.ts';
import { formatHeld } from './held-text.ts';
import { lookupChains } from './lookup-chains.ts';
import { nameSets } from './name-sets.ts';
import { peerMaps } from './peer-maps.ts';
import { classChains, serviceMaps } from './service-maps.ts';
import type { ChainShape, MapShape, SetShape, ShapeInput } from './shape.ts';
import { leave, type Rule } from './statements.ts';
import { verdictMaps } from './verdict-maps.ts';

/** Everything one table holds. The script is printed from it and what the kernel lists is compared with it. */
export type TableShape = {
  readonly counters: readonly DecisionCounter[];
  readonly maps: readonly MapShape[];
  readonly sets: readonly SetShape[];
  readonly chains: readonly ChainShape[];
};

/** Before the usual filter priority 0, after connection tracking, mangling and destination NAT. */
export const hookPriority = -5;

export function tableShape(input: ShapeInput): TableShape {
  const { copy, ruleset } = input;
  const { content } = ruleset;
  const used = usedDecisions(content);
  const decisions = decisionChains(used, input);
  return {
    counters: [...invalidCounters, ...decisions.counters],
    maps: [...peerMaps(content, copy), ...serviceMaps(content.classes, copy), ...verdictMaps(content, used, copy)],
    sets: nameSets(content),
    chains: [
      heldChain(input),
      ...classChains(content.classes, copy),
      ...decisions.chains,
      ...lookupChains(content, copy),
      ...baseChains(input),
    ],
  };
}

export function heldChain({ ruleset, structure, copy }: Omit<ShapeInput, 'options'>): ChainShape {
  // A rule's comment, because the JSON listing of nft 1.0.6 leaves out comments of chains.
  const held: Rule = { statements: [leave], comment: formatHeld({ ...ruleset, structure, copy }) };
  return { name: 'held', hook: null, comment: null, rules: [held] };
}

const invalidCounters: readonly DecisionCounter[] = ['invalid_in', 'invalid_out'].map((name) => ({
  name,
  comment: 'belongs to no connection',
}));
