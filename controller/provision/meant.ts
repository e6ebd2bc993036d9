import type { AddressDelta, HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import { decodeHostRuleset, encodeHostRuleset } from '@bulkhead/model/host-ruleset-text.ts';
import { amendPeerList } from '@bulkhead/model/peer-list.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import type { HostStateRecord, SentAmendment, SentRuleset } from '../store/host-states.ts';
import { type HostNumbers, noNumbers } from './host-numbers.ts';
import { hashOf, nativeSha256 } from './native-sha256.ts';

/** What a host is meant to hold, as it is stored: a whole ruleset and what was changed in it since. */
export type Meant = {
  readonly numbers: HostNumbers;
  /** Of the same ruleset with the revision that is still owed, and already stored; null: nothing is. */
  readonly owed: HostNumbers | null;
  readonly ruleset: HostRuleset | null;
  /** The highest generation the host has answered for. */
  readonly applied: number;
  readonly stored: Stored;
};

/** Characters of the whole one and of its amendments, and how many they are. */
export type Stored = { readonly whole: number; readonly amended: number; readonly amendments: number };

export const nothingMeant: Meant = {
  numbers: noNumbers,
  owed: null,
  ruleset: null,
  applied: 0,
  stored: { whole: 0, amended: 0, amendments: 0 },
};

/** Then reading them all back takes about as long as reading the whole one. */
const mostAmendments = 200;

export function readMeant({ generation, revision, hash, applied, ...record }: HostStateRecord): Meant {
  const ruleset = readRuleset({ generation, revision, hash }, record);
  return {
    // One that cannot be read any more is as good as none: the next one is sent whole and as a narrowing.
    numbers: { generation, revision, hash: ruleset === null ? '' : hash },
    owed: null,
    ruleset,
    applied: applied?.generation ?? 0,
    stored: {
      whole: record.ruleset.length,
      amended: record.amendments.reduce((sum, { delta }) => sum + JSON.stringify(delta).length, 0),
      amendments: record.amendments.length,
    },
  };
}

function readRuleset(
  numbers: HostNumbers,
  { ruleset, amendments }: Pick<HostStateRecord, 'ruleset' | 'amendments'>,
): HostRuleset | null {
  const decoded = ruleset === '' ? null : decodeHostRuleset(ruleset, nativeSha256);
  if (decoded?.kind !== 'ok') return null;
  let { addresses } = decoded.ruleset.content;
  for (const { delta } of amendments) {
    const amended = isDelta(delta) ? amendPeerList(addresses, delta) : null;
    if (amended === null) return null;
    addresses = amended;
  }
  const content = { ...decoded.ruleset.content, addresses };
  if (hashOf(content) !== numbers.hash) return null;
  return { ...decoded.ruleset, ...numbers, content, version: amendments.at(-1)?.version ?? decoded.ruleset.version };
}

/** Of the shape, whatever it leads to. */
function isDelta(delta: unknown): delta is AddressDelta {
  const isPeer = (peer: unknown): boolean => {
    const { address, identity } = (peer ?? {}) as { readonly address?: unknown; readonly identity?: unknown };
    return typeof address === 'string' && parseAddress(address) === address && Number.isSafeInteger(identity);
  };
  const { added, removed } = (delta ?? {}) as { readonly added?: unknown; readonly removed?: unknown };
  return [added, removed].every((peers) => Array.isArray(peers) && peers.every(isPeer));
}

/** What to write so that the ruleset is read back; a whole one where amendments have come to be no cheaper. */
export type Writing = { readonly stored: Stored } & (
  | { readonly kind: 'whole'; readonly row: SentRuleset }
  | { readonly kind: 'amendment'; readonly row: SentAmendment }
);

/** `delta`: from what is stored to the ruleset, with its text; null where more than addresses changed. */
export function writeMeant(
  ruleset: HostRuleset,
  { whole, amended, amendments }: Stored,
  delta: { readonly text: string } | null,
): Writing {
  const { workload, generation, revision, hash, version } = ruleset;
  const numbers = { workload, generation, revision, hash };
  if (delta !== null && amendments < mostAmendments && 2 * (amended + delta.text.length) <= whole) {
    const stored = { whole, amended: amended + delta.text.length, amendments: amendments + 1 };
    return { kind: 'amendment', row: { ...numbers, version, delta: delta.text }, stored };
  }
  const text = encodeHostRuleset(ruleset);
  const row = { ...numbers, ruleset: text };
  return { kind: 'whole', row, stored: { whole: text.length, amended: 0, amendments: 0 } };
}

/** Made once for all hosts that share the delta. */
export function deltaTexts(): (delta: AddressDelta) => string {
  const texts = new Map<AddressDelta, string>();
  return (delta) => {
    const text = texts.get(delta) ?? JSON.stringify(delta);
    texts.set(delta, text);
    return text;
  };
}
