import type { HeldNumbers } from '../back-end.ts';

/** How a loaded table says what it holds: the comment of the one rule in its chain `held`. At most 123 bytes. */
export function formatHeld(held: HeldNumbers): string {
  return `g=${held.generation} s=${held.structure} r=${held.revision} v=${held.version} c=${held.copy} h=${held.hash}`;
}

/** Null when the text was not written by `formatHeld`. */
export function parseHeld(text: string): HeldNumbers | null {
  const match = /^g=(\d{1,10}) s=(\d{1,10}) r=(\d{1,5}) v=(\d{1,10}) c=([ab]) h=([0-9a-f]{0,64})$/.exec(text);
  if (match === null) return null;
  const [, generation, structure, revision, version, copy, hash = ''] = match;
  return {
    generation: Number(generation),
    structure: Number(structure),
    revision: Number(revision),
    version: Number(version),
    copy: copy === 'b' ? 'b' : 'a',
    hash,
  };
}
