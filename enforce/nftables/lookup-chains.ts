import type { HostEnd, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { nameIn, type Where } from './copy.ts';
import { decisionChainName, directions, shortDirection } from './decision-chains.ts';
import {
  type AddressSource,
  branchOnAddress,
  branchOnOriginalPort,
  inFlow,
  inPacket,
  protocolIs,
  scratchFromAddress,
} from './flow-statements.ts';
import type { ChainShape } from './shape.ts';
import {
  andScratch,
  branchOnPort,
  branchOnProtocol,
  branchOnScratch,
  clearScratch,
  goTo,
  type PortField,
  type Rule,
  rule,
  scratchFromScratch,
  scratchIsClear,
} from './statements.ts';

/** The class stands above the identity in the scratch word. */
export const classShift = 0x100000;
const classBits = 0xfff00000;

/** Protocols whose ports are of connections that tracking translates. */
export const portProtocols = [
  { name: 'tcp', number: 6 },
  { name: 'udp', number: 17 },
  { name: 'sctp', number: 132 },
] as const;

type Lookup = {
  readonly name: string;
  readonly judged: Direction;
  readonly peer: AddressSource;
  readonly local: AddressSource;
  /** The map from protocol to where its service is read. */
  readonly services: 'protocols' | 'reply_protocols' | 'published_protocols';
};

const [source, destination] = [inPacket('source'), inPacket('destination')];
const [asker, asked] = [inFlow('original', 'source'), inFlow('original', 'destination')];

/**
 * A reply is judged as what it answers: by the table of the other direction, the service read from its source. What came
 * to a published port is judged by the address and port that were asked for, before they were translated.
 */
const lookups: readonly Lookup[] = [
  { name: 'in_first', judged: 'inbound', peer: source, local: destination, services: 'protocols' },
  { name: 'in_reply', judged: 'outbound', peer: source, local: destination, services: 'reply_protocols' },
  { name: 'in_published', judged: 'inbound', peer: asker, local: asked, services: 'published_protocols' },
  { name: 'out_first', judged: 'outbound', peer: destination, local: source, services: 'protocols' },
  { name: 'out_reply', judged: 'inbound', peer: destination, local: source, services: 'reply_protocols' },
  { name: 'out_published', judged: 'outbound', peer: asked, local: asker, services: 'published_protocols' },
];

/** Chains are listed before those that go to them. */
export function lookupChains({ ends }: HostRulesetContent, at: Where): ChainShape[] {
  const named = (name: string) => nameIn(at, name);
  return [
    plain(named('by_dport'), byPort('dport', at)),
    plain(named('by_sport'), byPort('sport', at)),
    plain(named('by_type'), [rule(branchOnPort('sport', named('icmp_types')))]),
    plain(named('by_reply_type'), [rule(branchOnPort('sport', named('icmp_replies')))]),
    ...portProtocols.map(({ name, number }) =>
      plain(named(`by_${name}_asked`), [rule(protocolIs(name, number), branchOnOriginalPort(named(`${name}_ports`)))]),
    ),
    ...directions.flatMap((direction) => cellChains(ends, direction, at)),
    ...lookups.map((lookup) => plain(named(lookup.name), lookupRules(lookup, ends, at))),
  ];
}

/** Looking in a map of ranges takes four times as long, and few services are ranges. */
function byPort(field: PortField, at: Where): Rule[] {
  return [rule(branchOnPort(field, nameIn(at, 'ports'))), rule(branchOnPort(field, nameIn(at, 'port_ranges')))];
}

function cellChains(ends: readonly HostEnd[], direction: Direction, at: Where): ChainShape[] {
  const short = shortDirection[direction];
  const chains = ends.flatMap((end, index) => {
    // After a decision number that no chain stands for, the miss decides.
    const miss = rule(goTo(decisionChainName(at, direction, end[direction].miss)));
    const [cells, decide] = [nameIn(at, `cells_${short}_${index}`), nameIn(at, `decide_${short}_${index}`)];
    const look = rule(scratchFromScratch(cells), goTo(decide));
    return [
      plain(decide, [rule(branchOnScratch(nameIn(at, `decisions_${short}`))), miss]),
      plain(cells, [look, rule(andScratch(classBits)), look, miss]),
    ];
  });
  return chains;
}

function lookupRules(lookup: Lookup, ends: readonly HostEnd[], at: Where): Rule[] {
  const named = (name: string) => nameIn(at, name);
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
    rule(branchOnProtocol(named(lookup.services))),
    ...byLocalAddress,
    rule(goTo(named(`cells_${short}_${ends.length - 1}`))),
  ];
}

function plain(name: string, rules: readonly Rule[]): ChainShape {
  return { name, hook: null, comment: null, rules };
}
