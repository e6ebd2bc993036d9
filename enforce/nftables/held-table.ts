import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import type { HeldNumbers } from '../back-end.ts';
import { type Copy, namePlace, type Where } from './copy.ts';
import { stampCount } from './stamp.ts';

/** What one table says it holds: the rulesets by place, and what they share. What the hooked chains say follows from it. */
export type HeldTable = {
  /** The number that allowed flows are stamped with. */
  readonly epoch: number;
  /** Of the maps that say which guest an address is. */
  readonly shared: Copy;
  /** In order of their numbers. */
  readonly places: ReadonlyMap<number, HeldNumbers>;
};

export const guestPlaces = ({ places }: HeldTable): number[] => [...places.keys()].filter((place) => place > 0);
export const hasGuests = (table: HeldTable): boolean => guestPlaces(table).length > 0;

export type Held = Pick<HostRuleset, 'generation' | 'revision' | 'version' | 'hash'> &
  Pick<HeldNumbers, 'structure' | 'copy' | 'answers'>;

export function heldNumbers(ruleset: HostRuleset, structure: number, { place, copy }: Where): HeldNumbers {
  const { generation, revision, version, hash, content } = ruleset;
  const listens = place === 0 && content.names !== undefined;
  const numbers = { generation, structure, revision, version, hash, copy };
  return listens ? { ...numbers, answers: 'copied' } : numbers;
}

/** `table` after one place got other numbers, or (null) went away. */
export function nextTable(table: HeldTable | null, epochs: Epochs, change: TableChange): HeldTable {
  const places = new Map(change.fresh ? [] : table?.places);
  const { place, numbers } = change;
  if (numbers === null) places.delete(place);
  else places.set(place, numbers);
  const sorted = new Map([...places].sort(([a], [b]) => a - b));
  return { epoch: nextEpoch(table, sorted, epochs), shared: change.shared, places: sorted };
}

export type TableChange = {
  readonly place: number;
  readonly numbers: HeldNumbers | null;
  readonly shared: Copy;
  /** The kernel holds nothing of ours any more; what `table` says is only remembered. */
  readonly fresh: boolean;
};

export type Epochs = {
  readonly markMask: number;
  /** The last one that was given, even if the change that gave it was taken back; null: not by this process. */
  readonly last: number | null;
};

/**
 * A process before this one may have given so many that the table does not show: changes that were tried out and taken
 * back, whose flows carry their stamps still.
 */
const givenUnseen = 32;

/**
 * INVARIANT: when a place comes or goes, or its revision changes, flows are judged again: the epoch differs from the one
 * before, and from those given to changes that were taken back. It wraps inside the bits of the mark. A table that
 * nobody remembers begins with the revision of its first ruleset.
 */
function nextEpoch(before: HeldTable | null, places: HeldTable['places'], { markMask, last }: Epochs): number {
  const most = stampCount(markMask);
  if (before === null) return wrapped(last === null ? ([...places.values()][0]?.revision ?? 1) : last + 1, most);
  const same =
    before.places.size === places.size &&
    [...places].every(([place, numbers]) => before.places.get(place)?.revision === numbers.revision);
  if (same) return before.epoch;
  const next = wrapped((last ?? before.epoch + givenUnseen) + 1, most);
  return next === before.epoch ? wrapped(next + 1, most) : next;
}

const wrapped = (number: number, most: number): number => ((number - 1) % most) + 1;

/** Comments of the rules in chain `held`; nft takes at most 127 bytes. */
export function formatHeld(place: number, held: Held): string {
  const whose = place === 0 ? '' : `p=${place} `;
  const { generation, structure, revision, version, copy, hash, answers } = held;
  const copied = answers === undefined ? '' : ' n';
  return `${whose}g=${generation} s=${structure} r=${revision} v=${version} c=${copy} h=${hash}${copied}`;
}

/** Null when the text was not written by `formatHeld`. */
export function parseHeld(text: string): { readonly place: number; readonly numbers: HeldNumbers } | null {
  const form =
    /^(?:p=([1-9]\d{0,3}) )?g=(\d{1,10}) s=(\d{1,10}) r=(\d{1,5}) v=(\d{1,10}) c=([ab]) h=([0-9a-f]{0,64})( n)?$/;
  const match = form.exec(text);
  if (match === null) return null;
  const [, place, generation, structure, revision, version, copy, hash = '', copied] = match;
  const numbers: HeldNumbers = {
    generation: Number(generation),
    structure: Number(structure),
    revision: Number(revision),
    version: Number(version),
    copy: copy === 'b' ? 'b' : 'a',
    hash,
    ...(copied === undefined ? {} : { answers: 'copied' as const }),
  };
  return { place: Number(place ?? 0), numbers };
}

export const formatShared = ({ epoch, shared }: Pick<HeldTable, 'epoch' | 'shared'>): string =>
  `epoch=${epoch} c=${shared}`;

export function parseShared(text: string): Pick<HeldTable, 'epoch' | 'shared'> | null {
  const match = /^epoch=([1-9]\d{0,9}) c=([ab])$/.exec(text);
  return match === null ? null : { epoch: Number(match[1]), shared: match[2] === 'b' ? 'b' : 'a' };
}

export const invalidCounter = (place: number, short: 'in' | 'out'): string => `${namePlace(place)}invalid_${short}`;
