import type { Address } from '@bulkhead/net/address.ts';
import type { AddressDelta, PeerAddress } from './host-ruleset.ts';
import { compareAddresses } from './host-ruleset-invariants.ts';
import type { Sha256 } from './sha256.ts';

/**
 * Lists of peer addresses that are large, shared by many hosts, and change one address at a time. A list is cut after
 * every address whose own number says so, so that lists that differ in one address differ in one chunk: a change costs
 * the hash of that chunk. The cuts depend on the content alone, so whoever holds the same list finds the same hash.
 */
type Chunk = { readonly length: number; hash: Uint8Array | null };

/** Addresses per chunk on average: the text of one chunk and the hashes of all then cost about the same at 100,000. */
const chunkLength = 256;

/** INVARIANT: a list is never changed after it was made. */
const chunksOfLists = new WeakMap<readonly PeerAddress[], readonly Chunk[]>();

/** SHA-256 over the hashes of the chunks. */
export function peerListHash(list: readonly PeerAddress[], sha256: Sha256): Uint8Array {
  const chunks = chunksOf(list);
  const bytes = new Uint8Array(32 * chunks.length);
  let at = 0;
  for (const [index, chunk] of chunks.entries()) {
    chunk.hash ??= sha256(chunkText(list, at, chunk.length));
    bytes.set(chunk.hash, 32 * index);
    at += chunk.length;
  }
  return sha256(bytes);
}

/**
 * The list after the delta; an address moves to another identity by being removed and added. Null where it removes
 * what is not there or adds what is.
 */
export function amendPeerList(list: readonly PeerAddress[], delta: AddressDelta): readonly PeerAddress[] | null {
  const edits = placeEdits(list, delta);
  if (edits === null) return null;
  const amended: PeerAddress[] = new Array(list.length + delta.added.length - delta.removed.length);
  let [from, to] = [0, 0];
  for (const { position, removes, added } of edits) {
    while (from < position) amended[to++] = list[from++] as PeerAddress;
    if (removes) from++;
    if (added !== null) amended[to++] = added;
  }
  while (from < list.length) amended[to++] = list[from++] as PeerAddress;
  const known = chunksOfLists.get(list);
  if (known !== undefined) chunksOfLists.set(amended, amendChunks(known, amended, edits));
  return amended;
}

/** At `position` of the list before: what stands there goes, and then something comes in front of what follows. */
type Edit = { readonly position: number; readonly removes: boolean; readonly added: PeerAddress | null };

function placeEdits(list: readonly PeerAddress[], { added, removed }: AddressDelta): readonly Edit[] | null {
  const coming = new Map(added.map((peer) => [peer.address, peer]));
  const going = new Map(removed.map((peer) => [peer.address, peer]));
  if (coming.size < added.length || going.size < removed.length) return null;
  const edits: Edit[] = [];
  for (const address of [...new Set([...going.keys(), ...coming.keys()])].sort(compareAddresses)) {
    const position = positionOf(list, address);
    const [there, gone] = [list[position], going.get(address)];
    const held = there?.address === address ? there : null;
    if (gone === undefined ? held !== null : held?.identity !== gone.identity) return null;
    edits.push({ position, removes: gone !== undefined, added: coming.get(address) ?? null });
  }
  return edits;
}

/** Where the address stands, or would stand. */
function positionOf(list: readonly PeerAddress[], address: Address): number {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareAddresses((list[middle] as PeerAddress).address, address) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function chunksOf(list: readonly PeerAddress[]): readonly Chunk[] {
  const known = chunksOfLists.get(list);
  if (known !== undefined) return known;
  const chunks: Chunk[] = [];
  for (let at = 0; at < list.length; ) {
    const chunk = chunkFrom(list, at);
    chunks.push(chunk);
    at += chunk.length;
  }
  chunksOfLists.set(list, chunks);
  return chunks;
}

/** Takes over every chunk that no edit touches and that still begins where a chunk begins. */
function amendChunks(before: readonly Chunk[], list: readonly PeerAddress[], edits: readonly Edit[]): Chunk[] {
  const kept = untouchedChunks(before, edits);
  const chunks: Chunk[] = [];
  for (let at = 0; at < list.length; ) {
    const chunk = kept.get(at) ?? chunkFrom(list, at);
    chunks.push(chunk);
    at += chunk.length;
  }
  return chunks;
}

/** By the position at which they begin in the list after the edits. */
function untouchedChunks(before: readonly Chunk[], edits: readonly Edit[]): Map<number, Chunk> {
  const kept = new Map<number, Chunk>();
  let [begin, shift, next] = [0, 0, 0];
  for (const [index, chunk] of before.entries()) {
    const end = begin + chunk.length;
    const starts = begin + shift;
    const first = next;
    // What comes after the last address of the list may belong to its last chunk.
    const limit = index === before.length - 1 ? end : end - 1;
    for (let edit = edits[next]; edit !== undefined && edit.position <= limit; edit = edits[++next])
      shift += Number(edit.added !== null) - Number(edit.removes);
    if (next === first) kept.set(starts, chunk);
    begin = end;
  }
  return kept;
}

function chunkFrom(list: readonly PeerAddress[], from: number): Chunk {
  let to = from;
  while (to < list.length && !endsChunk((list[to++] as PeerAddress).address));
  return { length: to - from, hash: null };
}

function chunkText(list: readonly PeerAddress[], from: number, length: number): string {
  let text = '';
  for (let index = from; index < from + length; index++) {
    const { address, identity } = list[index] as PeerAddress;
    text += `${address} ${identity}\n`;
  }
  return text;
}

/** FNV-1a over the text of the address. */
function endsChunk(address: Address): boolean {
  let hash = 0x811c9dc5;
  for (let index = 0; index < address.length; index++) hash = Math.imul(hash ^ address.charCodeAt(index), 0x01000193);
  // The low bits of FNV alone are poor.
  return (((hash >>> 16) ^ hash) & (chunkLength - 1)) === 0;
}
