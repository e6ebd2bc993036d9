/**
 * Everything of one ruleset stands under names of one of two copies: the next is made complete beside the one that
 * enforces, and only then do packets go to it.
 */
export type Copy = 'a' | 'b';

/** Whose names, and which copy of them. Place 0 is the host's own ruleset, 1 and up are those of its guests. */
export type Where = { readonly place: number; readonly copy: Copy };

/** Guests a host has room for: `held` keeps the number beside everything else in one comment. */
export const mostPlaces = 1000;

export const otherCopy = (copy: Copy): Copy => (copy === 'a' ? 'b' : 'a');
export const nameIn = ({ place, copy }: Where, name: string): string => `${namePlace(place)}${name}_${copy}`;
export const namePlace = (place: number): string => (place === 0 ? '' : `g${place}_`);

/** The place whose name this is; names without a number are the host's own or those that all places share. */
export function placeOf(name: string): number {
  const match = /^g([1-9]\d{0,3})_/.exec(name);
  return match === null ? 0 : Number(match[1]);
}
