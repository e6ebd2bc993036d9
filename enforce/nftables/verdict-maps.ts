import type { DirectionTable, HostEnd, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { type Address, addressFamily } from '@bulkhead/net/address.ts';
import { nameIn, type Where } from './copy.ts';
import { type DirectedDecision, decisionChainName, directions, shortDirection } from './decision-chains.ts';
import { classShift } from './lookup-chains.ts';
import { type IdentityNames, identityNames } from './peer-maps.ts';
import { commentLimit, quotedText } from './quoted-text.ts';
import { servicesText } from './service-maps.ts';
import type { MapElement, MapKind, MapShape } from './shape.ts';
import { scratchText } from './statements.ts';

const cells: MapKind = { key: 'meta priority', type: 'classid', value: 'meta priority', interval: false };
const decisions: MapKind = { key: 'meta priority', type: 'classid', value: 'verdict', interval: false };
const local4: MapKind = { key: 'ip saddr', type: 'ipv4_addr', value: 'verdict', interval: false };
const local6: MapKind = { key: 'ip6 saddr', type: 'ipv6_addr', value: 'verdict', interval: false };

/** Comments are for people, and people do not read longer maps; each costs about a hundred bytes of kernel memory. */
const mostCommentedCells = 10_000;

/**
 * `cells_*` are data maps to a decision number and `decisions_*` send it to its chain: a verdict in the big map would
 * make adding one cell ten times slower.
 */
export function verdictMaps(content: HostRulesetContent, used: readonly DirectedDecision[], at: Where): MapShape[] {
  const text = cellText(content);
  return directions.flatMap((direction) => {
    const short = shortDirection[direction];
    const chains = used.filter((d) => d.direction === direction).map((d) => d.decision.number);
    return [
      ...content.ends.map((end, index) => ({
        name: nameIn(at, `cells_${short}_${index}`),
        kind: cells,
        elements: cellElements(end[direction], text),
      })),
      {
        name: nameIn(at, `decisions_${short}`),
        kind: decisions,
        elements: chains.map((n) => goToElement(scratchText(n), decisionChainName(at, direction, n))),
      },
      ...endMaps(content.ends, direction, at),
    ];
  });
}

type CellText = (identity: number, service: number) => string | null;

function cellText(content: HostRulesetContent): CellText {
  const total = content.ends.reduce((sum, end) => sum + end.inbound.cells.length + end.outbound.cells.length, 0);
  if (total > mostCommentedCells) return () => null;
  const names: IdentityNames = identityNames(content.identities);
  const services = new Map(content.classes.map((c) => [c.id, servicesText(c.services)]));
  return (identity, id) => {
    const [who, what] = [names.get(identity) ?? 'any', services.get(id) ?? 'other services'];
    return quotedText(`${who}, ${what}`, commentLimit);
  };
}

function cellElements(table: DirectionTable, text: CellText): MapElement[] {
  return table.cells.map((cell) => ({
    key: scratchText(cell.class * classShift + cell.identity),
    value: scratchText(cell.decision),
    comment: text(cell.identity, cell.class),
  }));
}

/** One end needs no map: the chain of the last end is where the others' addresses were not found. */
function endMaps(ends: readonly HostEnd[], direction: Direction, at: Where): MapShape[] {
  if (ends.length < 2) return [];
  const short = shortDirection[direction];
  const named = ends.flatMap((end, index) => end.addresses.map((address) => ({ address, index })));
  const of = (family: 4 | 6) =>
    named
      .filter(({ address }) => addressFamily(address as Address) === family)
      .map(({ address, index }) => goToElement(address, nameIn(at, `cells_${short}_${index}`)));
  return [
    { name: nameIn(at, `ends_${short}4`), kind: local4, elements: of(4) },
    { name: nameIn(at, `ends_${short}6`), kind: local6, elements: of(6) },
  ];
}

const goToElement = (key: string, chain: string): MapElement => ({ key, value: `goto ${chain}`, comment: null });
