/**
 * Everything behind the hooked chains stands under names of one of two copies: the next is made complete beside the one
 * that enforces, and only then do packets go to it.
 */
export type Copy = 'a' | 'b';

export const otherCopy = (copy: Copy): Copy => (copy === 'a' ? 'b' : 'a');
export const nameIn = (copy: Copy, name: string): string => `${name}_${copy}`;
