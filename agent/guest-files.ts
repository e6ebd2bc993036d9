import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { decodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { errorText, readFileIfPresent, stagedPath } from './atomic-file.ts';

/** A ruleset on disk: whose it is, and at which place of the kernel it is to stand. */
export type StoredGuest = { readonly workload: string; readonly place: number };

/** `lost`: places whose file says nothing any more, and why. */
export type StoredGuests = {
  readonly guests: readonly StoredGuest[];
  readonly lost: readonly { readonly place: number; readonly why: string }[];
};

/**
 * The rulesets of guests lie in one folder, each under the number of its place, so that which place is whose is said
 * by the same write as what stands there.
 */
export const guestFile = (folder: string, place: number): string => join(folder, `${place}.json`);
export const guestUndo = (folder: string, place: number): string => join(folder, `${place}.undo.nft`);

/** Of two files of one workload, as a restored backup may leave them, the one whose place the kernel holds stays. */
export function readGuestFiles(folder: string, held: ReadonlySet<number>): StoredGuests {
  const byWorkload = new Map<string, number>();
  const lost: { place: number; why: string }[] = [];
  for (const place of placesIn(folder)) {
    const read = readGuest(guestFile(folder, place));
    if (typeof read !== 'string') {
      lost.push({ place, why: read.why });
      continue;
    }
    const other = byWorkload.get(read);
    const loser = other === undefined ? null : held.has(other) ? place : other;
    if (loser !== null) removeGuestFile(folder, loser);
    if (loser !== place) byWorkload.set(read, place);
  }
  return { guests: [...byWorkload].map(([workload, place]) => ({ workload, place })), lost };
}

export function removeGuestFile(folder: string, place: number): void {
  const path = guestFile(folder, place);
  for (const file of [path, stagedPath(path)]) rmSync(file, { force: true });
}

function placesIn(folder: string): number[] {
  const numbers = readdirSync(folder).flatMap((name) => {
    const match = /^([1-9]\d{0,3})\.json(\.next)?$/.exec(name);
    return match === null ? [] : [Number(match[1])];
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

/** The workload's name. One that was never proven lies under the staged name alone. */
function readGuest(path: string): string | { readonly why: string } {
  let why = '';
  for (const file of [path, stagedPath(path)]) {
    try {
      const text = readFileIfPresent(file);
      if (text === null) continue;
      const decoded = decodeHostRuleset(text);
      if (decoded.kind === 'ok') return decoded.ruleset.workload;
      why ||= `Cannot load "${file}": ${decoded.problem.message}`;
    } catch (error) {
      why ||= `Cannot load "${file}": ${errorText(error)}`;
    }
  }
  return { why };
}

/** Two guests cannot both be who a packet is from. */
export const sharedAddress = (a: readonly Address[], b: readonly Address[]): Address | null =>
  a.find((address) => b.includes(address)) ?? null;
