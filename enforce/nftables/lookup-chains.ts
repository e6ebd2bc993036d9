import type { HostEnd, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { type Copy, nameIn } from './copy.ts';
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
  type PortField,
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
export function lookupChains({ ends }: HostRulesetContent, copy: Copy): ChainShape[] {
  const named = (name: string) => nameIn(copy, name);
  return [
    plain(named('by_dport'), byPort('dport', copy)),
    plain(named('by_sport'), byPort('sport', copy)),
    plain(named('by_type'), [rule(branchOnPort('sport', named('icmp_types')))]),
    plain(named('by_reply_type'), [rule(branchOnPort('sport', named('icmp_replies')))]),
    ...directions.flatMap((direction) => cellChains(ends, direction, copy)),
    ...lookups.map((lookup) => plain(named(lookup.name), lookupRules(lookup, ends, copy))),
  ];
}

/** Looking in a map of ranges takes four times as long, and few services are ranges. */
function byPort(field: PortField, copy: Copy): Rule[] {
  return [rule(branchOnPort(field, nameIn(copy, 'ports'))), rule(branchOnPort(field, nameIn(copy, 'port_ranges')))];
}

function cellChains(ends: readonly HostEnd[], direction: Direction, copy: Copy): ChainShape[] {
  const short = shortDirection[direction];
  const chains = ends.flatMap((end, index) => {
    // After a decision number that no chain stands for, the miss decides.
    const miss = rule(goTo(decisionChainName(copy, direction, end[direction].miss)));
    const [cells, decide] = [nameIn(copy, `cells_${short}_${index}`), nameIn(copy, `decide_${short}_${index}`)];
    const look = rule(scratchFromScratch(cells), goTo(decide));
    return [
      plain(decide, [rule(branchOnScratch(nameIn(copy, `decisions_${short}`))), miss]),
      plain(cells, [look, rule(andScratch(classBits)), look, miss]),
    ];
  });
  return chains;
}

function lookupRules(lookup: Lookup, ends: readonly HostEnd[], copy: Copy): Rule[] {
  const named = (name: string) => nameIn(copy, name);
  const short = shortDirection[lookup.judged];
  const byLocalAddress =
    ends.length > 1
      ? [
          rule(branchOnAddress('ip', lookup.local, named(`ends_${short}4`))),
          rule(branchOnAddress('ip6', lookup.local, named(`ends_${short}6`))),
        ]
      : [];
  return [
    rule(clearScratch),
    rule(scratchFromAddress('ip', lookup.peer, named('id4'))),
    rule(scratchFromAddress('ip6', lookup.peer, named('id6'))),
    rule(scratchIsClear, scratchFromAddress('ip', lookup.peer, named('net4'))),
    rule(scratchIsClear, scratchFromAddress('ip6', lookup.peer, named('net6'))),
    rule(branchOnProtocol(named(lookup.reply ? 'reply_protocols' : 'protocols'))),
    ...byLocalAddress,
    rule(goTo(named(`cells_${short}_${ends.length - 1}`))),
  ];
}

function plain(name: string, rules: readonly Rule[]): ChainShape {
  return { name, hook: null, comment: null, rules };
}
