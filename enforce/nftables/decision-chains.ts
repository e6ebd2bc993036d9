import type { HostRulesetContent, NamedDecision, NumberedDecision } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { nameIn, namePlace, type Where } from './copy.ts';
import { countName, countText } from './count-name.ts';
import { addressIsIn, inFlow } from './flow-statements.ts';
import { nameSetName } from './name-sets.ts';
import { prefixLimit, quotedText } from './quoted-text.ts';
import type { ChainShape, ShapeInput } from './shape.ts';
import { clearScratch, count, drop, goTo, log, type Rule, rule, stateIs } from './statements.ts';

export type DecisionCounter = { readonly name: string; readonly comment: string };
export type DirectedDecision = { readonly direction: Direction; readonly decision: NumberedDecision };

export const directions: readonly Direction[] = ['inbound', 'outbound'];
export const shortDirection = { inbound: 'in', outbound: 'out' } as const;

export const decisionChainName = (at: Where, direction: Direction, number: number): string =>
  nameIn(at, `d_${shortDirection[direction]}_${number}`);

/** Only decisions that some cell or miss of that direction names or leads to, in order of their numbers. */
export function usedDecisions(content: HostRulesetContent): DirectedDecision[] {
  return directions.flatMap((direction) => {
    const numbers = new Set<number>();
    for (const end of content.ends) {
      numbers.add(end[direction].miss);
      for (const cell of end[direction].cells) numbers.add(cell.decision);
    }
    if (direction === 'outbound')
      for (const number of numbers) for (const { decision } of namedOf(content, number)) numbers.add(decision);
    return content.decisions
      .filter((decision) => numbers.has(decision.number))
      .map((decision) => ({ direction, decision }));
  });
}

const namedOf = ({ decisions }: HostRulesetContent, number: number): readonly NamedDecision[] =>
  decisions[number]?.named ?? [];

export function decisionChains(
  used: readonly DirectedDecision[],
  input: ShapeInput,
): { readonly chains: ChainShape[]; readonly counters: DecisionCounter[] } {
  const counters = new Map<string, DecisionCounter>();
  const chains = used.map((directed) => {
    const name = namePlace(input.at.place) + countName(directed);
    counters.set(name, { name, comment: quotedText(countText(directed), 120) });
    return {
      name: decisionChainName(input.at, directed.direction, directed.decision.number),
      hook: null,
      comment: null,
      rules: [...namedRules(directed, input), ...decisionRules(directed, name, input)],
    };
  });
  return { chains, counters: [...counters.values()].sort((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** By the original destination, so that replies and packets that are judged again are decided as the first one was. */
function namedRules({ direction, decision }: DirectedDecision, { ruleset, at }: ShapeInput): Rule[] {
  if (direction === 'inbound') return [];
  const texts = new Map(ruleset.content.names?.map(({ id, name }) => [id, name]));
  const asked = inFlow('original', 'destination');
  return (decision.named ?? []).flatMap(({ name, decision: instead }) => {
    const chain = goTo(decisionChainName(at, direction, instead));
    const set = (family: 4 | 6) => nameSetName(at.place, texts.get(name) ?? '', family);
    return [rule(addressIsIn('ip', asked, set(4)), chain), rule(addressIsIn('ip6', asked, set(6)), chain)];
  });
}

/**
 * INVARIANT: a named counter counts exactly the packets that the log statement beside it is given, so records that
 * never arrived are a difference of two numbers.
 */
function decisionRules(directed: DirectedDecision, counter: string, input: ShapeInput): Rule[] {
  const record = [count(counter), log(logPrefix(directed, input), input.options.logGroup)];
  if (directed.decision.effective.verdict === 'deny') return [rule(...record), rule(drop)];
  // The scratch word is the packet's queueing priority: nobody after us may see what we kept there. An allowed packet goes
  // back to where it came from: its other end may be on this kernel too.
  return [rule(clearScratch), rule(stateIs('new'), ...record)];
}

/**
 * `<structure>:<decision>:<effective><intended><direction>:<intended rule or ->`, for example `12:7:ADi:shop/web-to-api`;
 * of a guest `<structure>.<place>:` stands in front.
 */
function logPrefix({ direction, decision }: DirectedDecision, { structure, at }: ShapeInput): string {
  const letter = { allow: 'A', deny: 'D' } as const;
  const verdicts = letter[decision.effective.verdict] + letter[decision.intended.verdict];
  const whose = at.place === 0 ? `${structure}` : `${structure}.${at.place}`;
  const head = `${whose}:${decision.number}:${verdicts}${direction === 'inbound' ? 'i' : 'o'}:`;
  return head + quotedText(decision.intended.rule ?? '-', prefixLimit - head.length);
}
