import { endianness } from 'node:os';
import type { Cell, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import { type Address, addressBits, addressFamily } from '@bulkhead/net/address.ts';
import type { Slice } from '../back-end.ts';
import { nameIn, type Where } from './copy.ts';
import { directions, shortDirection } from './decision-chains.ts';
import { classShift } from './lookup-chains.ts';
import { addressMapName } from './peer-maps.ts';

/** Elements asked for in one look: 15 ms of kernel and helper, so that a look every few seconds costs half a percent. */
export const sliceSize = 2048;

/** One element as the kernel has it, in hexadecimal. */
export type KernelElement = { readonly map: string; readonly key: string; readonly value: string };

/**
 * Which elements of the large maps are looked at in one turn. It follows from generation and turn alone, so that every
 * element is looked at once in so many turns as there are slices, and anybody can say which turn that was.
 */
export function sliceOf(content: HostRulesetContent, generation: number, turn: number): Slice {
  const of = elementCount(content);
  const slices = Math.max(1, Math.ceil(of / sliceSize));
  const first = ((generation + turn) % slices) * sliceSize;
  return { first, count: Math.min(sliceSize, of - first), of };
}

export function elementsOf(content: HostRulesetContent, at: Where, { first, count }: Slice): KernelElement[] {
  const out: KernelElement[] = [];
  let before = 0;
  for (const part of partsOf(content, at)) {
    const from = Math.max(0, first - before);
    const until = Math.min(part.length, first + count - before);
    for (let i = from; i < until; i++) out.push(part.element(i));
    before += part.length;
  }
  return out;
}

/** How many elements each large map has; all other maps are small and are looked at whole. */
export function largeMaps(content: HostRulesetContent, at: Where): ReadonlyMap<string, number> {
  const { four, six } = addressCounts(content);
  return new Map<string, number>([
    [nameIn(at, 'id4'), four],
    [nameIn(at, 'id6'), six],
    ...cellMaps(content, at).map(({ name, cells }) => [name, cells.length] as const),
  ]);
}

type AddressCounts = { readonly four: number; readonly six: number };
/** Contents are never changed, and a look every few seconds must not count them anew. */
const counted = new WeakMap<HostRulesetContent, AddressCounts>();

function addressCounts(content: HostRulesetContent): AddressCounts {
  const known = counted.get(content);
  if (known !== undefined) return known;
  const four = content.addresses.filter(({ address }) => addressFamily(address) === 4).length;
  const counts = { four, six: content.addresses.length - four };
  counted.set(content, counts);
  return counts;
}

function elementCount({ addresses, ends }: HostRulesetContent): number {
  return ends.reduce((sum, end) => sum + end.inbound.cells.length + end.outbound.cells.length, addresses.length);
}

type Part = { readonly length: number; readonly element: (index: number) => KernelElement };

function partsOf(content: HostRulesetContent, at: Where): Part[] {
  const { addresses } = content;
  const peers: Part = {
    length: addresses.length,
    element: (index) => {
      const { address, identity } = addresses[index] as HostRulesetContent['addresses'][number];
      return { map: addressMapName(at, address), key: addressHex(address), value: valueHex(identity) };
    },
  };
  const cells = cellMaps(content, at).map(
    ({ name, cells }): Part => ({ length: cells.length, element: (index) => cellElement(name, cells[index] as Cell) }),
  );
  return [peers, ...cells];
}

type CellMap = { readonly name: string; readonly cells: readonly Cell[] };

function cellMaps({ ends }: HostRulesetContent, at: Where): CellMap[] {
  const ofEnd = (direction: Direction) =>
    ends.map((end, index) => ({
      name: nameIn(at, `cells_${shortDirection[direction]}_${index}`),
      cells: end[direction].cells,
    }));
  return directions.flatMap(ofEnd);
}

function cellElement(map: string, { identity, class: service, decision }: Cell): KernelElement {
  return { map, key: wordHex(service * classShift + identity), value: valueHex(decision) };
}

function addressHex(address: Address): string {
  return addressBits(address)
    .toString(16)
    .padStart(addressFamily(address) === 4 ? 8 : 32, '0');
}

const littleEndian = endianness() === 'LE';

/** A number as the kernel has it in memory: packet priorities are not turned to network order. */
function wordHex(value: number): string {
  const hex = value.toString(16).padStart(8, '0');
  return littleEndian ? (hex.match(/../g) ?? []).reverse().join('') : hex;
}

/** Inside the attribute that the kernel gives values in: eight bytes of it, the first type. */
const valueHex = (value: number): string => `${littleEndian ? '08000100' : '00080001'}${wordHex(value)}`;
