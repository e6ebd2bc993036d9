import type { HostEnd, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { decisionChainName, directions, shortDirection } from './decision-chains.ts';
import type { ChainShape } from './shape.ts';
import {
  andScratch,
  branchOnAddress,
  branchOnPort,
  branchOnProtocol,
  branchOnScratch,
  clearScratch,
  goTo,
  type PacketField,
  type Rule,
  rule,
  scratchFromAddress,
  scratchFromScratch,
  scratchIsClear,
} from './statements.ts';

/** The class stands above the identity in the scratch word. */
export const classShift = 0x100000;
const classBits = 0xfff00000;

type Lookup = {
  readonly name: string;
  readonly judged: Direction;
  readonly peer: PacketField;
  readonly local: PacketField;
  readonly reply: boolean;
};

/** A reply is judged as what it answers: by the table of the other direction, the service read from its source. */
const lookups: readonly Lookup[] = [
  { name: 'in_first', judged: 'inbound', peer: 'source', local: 'destination', reply: false },
  { name: 'in_reply', judged: 'outbound', peer: 'source', local: 'destination', reply: true },
  { name: 'out_first', judged: 'outbound', peer: 'destination', local: 'source', reply: false },
  { name: 'out_reply', judged: 'inbound', peer: 'destination', local: 'source', reply: true },
];

/** Chains are listed before those that go to them. */
export function lookupChains(content: HostRulesetContent): ChainShape[] {
  return [
    plain('by_dport', [rule(branchOnPort('dport', 'ports'))]),
    plain('by_sport', [rule(branchOnPort('sport', 'ports'))]),
    plain('by_type', [rule(branchOnPort('sport', 'icmp_types'))]),
    plain('by_reply_type', [rule(branchOnPort('sport', 'icmp_replies'))]),
    ...directions.flatMap((direction) => cellChains(content.ends, direction)),
    ...lookups.map((lookup) => plain(lookup.name, lookupRules(lookup, content.ends))),
  ];
}

function cellChains(ends: readonly HostEnd[], direction: Direction): ChainShape[] {
  const short = shortDirection[direction];
  const chains = ends.flatMap((end, index) => {
    // After a decision number that no chain stands for, the miss decides.
    const miss = rule(goTo(decisionChainName(direction, end[direction].miss)));
    const [cells, decide] = [`cells_${short}_${index}`, `decide_${short}_${index}`];
    const look = rule(scratchFromScratch(cells), goTo(decide));
    return [
      plain(decide, [rule(branchOnScratch(`decisions_${short}`)), miss]),
      plain(cells, [look, rule(andScratch(classBits)), look, miss]),
    ];
  });
  return chains;
}

function lookupRules(lookup: Lookup, ends: readonly HostEnd[]): Rule[] {
  const short = shortDirection[lookup.judged];
  const byLocalAddress =
    ends.length > 1
      ? [
          rule(branchOnAddress('ip', lookup.local, `ends_${short}4`)),
          rule(branchOnAddress('ip6', lookup.local, `ends_${short}6`)),
        ]
      : [];
  return [
    rule(clearScratch),
    rule(scratchFromAddress('ip', lookup.peer, 'id4')),
    rule(scratchFromAddress('ip6', lookup.peer, 'id6')),
    rule(scratchIsClear, scratchFromAddress('ip', lookup.peer, 'net4')),
    rule(scratchIsClear, scratchFromAddress('ip6', lookup.peer, 'net6')),
    rule(branchOnProtocol(lookup.reply ? 'reply_protocols' : 'protocols')),
    ...byLocalAddress,
    rule(goTo(`cells_${short}_${ends.length - 1}`)),
  ];
}

function plain(name: string, rules: readonly Rule[]): ChainShape {
  return { name, hook: null, comment: null, rules };
}
