import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { nameIn } from './copy.ts';
import { invalidCounter } from './held-table.ts';
import type { ChainShape, ShapeInput } from './shape.ts';
import { stampOf } from './stamp.ts';
import {
  count,
  drop,
  goTo,
  isIcmp,
  isOriginal,
  isReply,
  leave,
  markIs,
  type Rule,
  rule,
  stateIs,
} from './statements.ts';

/**
 * Where packets come to be judged for one end: `to` for those that go to it, `from` for those that come from it. Who is
 * denied ends there; who is allowed comes back.
 */
export function endChains(input: Omit<ShapeInput, 'structure'>): ChainShape[] {
  return [endChain(input, 'inbound'), endChain(input, 'outbound')];
}

/** Under `enforce` a packet that belongs to no connection is dropped: nothing can have allowed it. */
function dropsInvalid(content: HostRulesetContent, direction: Direction): boolean {
  return content.ends.some((end) => content.decisions[end[direction].miss]?.effective.verdict === 'deny');
}

function endChain({ ruleset, at, options }: Omit<ShapeInput, 'structure'>, direction: Direction): ChainShape {
  const { reversed } = stampOf(1, options.markMask);
  const [name, short] = direction === 'inbound' ? (['to', 'in'] as const) : (['from', 'out'] as const);
  const [first, reply] = [goTo(nameIn(at, `${short}_first`)), goTo(nameIn(at, `${short}_reply`))];
  const invalid = dropsInvalid(ruleset.content, direction) ? drop : leave;
  const rules: Rule[] = [
    rule(stateIs('invalid'), count(invalidCounter(at.place, short)), invalid),
    rule(stateIs('related'), isIcmp, first),
    rule(isReply, markIs(reversed, 0), reply),
    rule(isOriginal, markIs(reversed, reversed), reply),
    rule(first),
  ];
  return { name: nameIn(at, name), hook: null, comment: null, rules };
}
