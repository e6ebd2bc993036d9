import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { bytesToHex, concatBytes } from '@noble/hashes/utils.js';
import type { Outcome } from './decision.ts';
import type { DirectionTable, HostRuleset, HostRulesetContent } from './host-ruleset.ts';
import { findBrokenInvariant } from './host-ruleset-invariants.ts';
import { readHostRuleset } from './host-ruleset-json.ts';
import { peerListHash } from './peer-list.ts';
import type { Problem } from './problem.ts';
import { portableSha256, type Sha256 } from './sha256.ts';

/** Characters of text; a ruleset with 100,000 peers and 200,000 cells takes about 20 million. */
export const hostRulesetTextLimit = 64 * 1024 * 1024;

export type DecodedHostRuleset =
  | { readonly kind: 'ok'; readonly ruleset: HostRuleset }
  | { readonly kind: 'problem'; readonly problem: Problem };

/** One line of JSON. `decodeHostRuleset` gives back an equal value when the hash in it is that of its content. */
export function encodeHostRuleset(ruleset: HostRuleset): string {
  const { format, workload, generation, revision, hash, version } = ruleset;
  const head = JSON.stringify({ format, workload, generation, revision, hash, version });
  return `${head.slice(0, -1)},"content":${canonicalContent(ruleset.content)}}`;
}

/**
 * Trusts nothing: unknown keys, numbers out of range, broken invariants and a hash that is not the content's are all
 * refused. Codes: `ruleset-too-large`, `ruleset-syntax`, `ruleset-shape`, `ruleset-invariant`, `ruleset-hash`.
 */
export function decodeHostRuleset(text: string, sha256: Sha256 = portableSha256): DecodedHostRuleset {
  if (text.length > hostRulesetTextLimit)
    return refuse('ruleset-too-large', `${text.length} characters, at most ${hostRulesetTextLimit} are read`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return refuse('ruleset-syntax', 'the text is not JSON, or was cut off; send it again');
  }
  const read = readHostRuleset(json);
  if (read.kind === 'wrong') return refuse('ruleset-shape', `${read.path} is wrong, needed is ${read.expected}`);
  const broken = findBrokenInvariant(read.ruleset.content);
  if (broken !== null) return refuse('ruleset-invariant', broken);
  const hash = contentHash(read.ruleset.content, sha256);
  if (hash !== read.ruleset.hash)
    return refuse('ruleset-hash', `it says ${read.ruleset.hash} and its content has ${hash}, both must be the same`);
  return { kind: 'ok', ruleset: read.ruleset };
}

/**
 * Equal contents have equal texts: keys in a fixed order, prefixes as text, service ranges as `[first, last]`. `local` is
 * left out where it is absent, so that the hash of a host's own ruleset says what it said before there were guests.
 */
export function canonicalContent(content: HostRulesetContent): string {
  const parts = canonicalParts(content);
  return JSON.stringify({
    identities: parts.identities(),
    addresses: content.addresses.map(({ address, identity }) => ({ address, identity })),
    prefixes: parts.prefixes(),
    classes: parts.classes(),
    ...(content.names === undefined ? {} : { names: parts.names() }),
    decisions: parts.decisions(),
    ends: content.ends.map(({ addresses, inbound, outbound }) => ({
      addresses,
      inbound: orderedTable(inbound),
      outbound: orderedTable(outbound),
    })),
    ...(content.local !== undefined && { local: content.local }),
  });
}

/**
 * 64 lower-case hex digits: SHA-256 over the SHA-256 of each part, each of its canonical text in UTF-8, the addresses as
 * model/peer-list.ts says. Parts are hashed once as long as they live, so a content that shares all but some addresses
 * with one that was hashed costs those addresses.
 */
export function contentHash(content: HostRulesetContent, sha256: Sha256 = portableSha256): string {
  const { identities, addresses, prefixes, classes, names, decisions, ends, local } = content;
  const parts = canonicalParts(content);
  const textHash = (part: unknown) => sha256(JSON.stringify(part));
  const hashes = [
    once(identities, () => textHash(parts.identities())),
    once(addresses, () => peerListHash(addresses, sha256)),
    once(prefixes, () => textHash(parts.prefixes())),
    once(classes, () => textHash(parts.classes())),
    once(decisions, () => textHash(parts.decisions())),
    once(ends, () => endsHash(ends, sha256)),
    ...(local === undefined ? [] : [once(local, () => textHash(local))]),
    // Behind the others and only where there are any: contents without names keep the hash they always had.
    ...(names === undefined ? [] : [once(names, () => textHash(parts.names()))]),
  ];
  return bytesToHex(sha256(concatBytes(...hashes)));
}

/** INVARIANT: no part of a content is changed after it was made. */
const hashOfPart = new WeakMap<object, Uint8Array>();

function once(part: object, hash: () => Uint8Array): Uint8Array {
  const known = hashOfPart.get(part);
  if (known !== undefined) return known;
  const made = hash();
  hashOfPart.set(part, made);
  return made;
}

/** Hosts of one segment share their tables and differ in their addresses. */
function endsHash(ends: HostRulesetContent['ends'], sha256: Sha256): Uint8Array {
  const tableHash = (table: DirectionTable) => once(table, () => sha256(JSON.stringify(orderedTable(table))));
  const parts = ends.map(({ addresses, inbound, outbound }) => {
    const tables = [inbound, outbound].map((table) => bytesToHex(tableHash(table)));
    return JSON.stringify([addresses, ...tables]);
  });
  return sha256(parts.join('\n'));
}

function canonicalParts({ identities, prefixes, classes, names = [], decisions }: HostRulesetContent) {
  return {
    identities: () => identities.map(({ id, name }) => ({ id, name })),
    prefixes: () => prefixes.map(({ prefix, identity }) => ({ prefix: formatPrefix(prefix), identity })),
    classes: () => classes.map(({ id, services }) => ({ id, services: services.map((r) => [r.first, r.last]) })),
    names: () => names.map(({ id, name }) => ({ id, name })),
    decisions: () =>
      decisions.map(({ number, effective, intended, named }) => ({
        number,
        effective: orderedOutcome(effective),
        intended: orderedOutcome(intended),
        ...(named === undefined ? {} : { named: named.map(({ name, decision }) => ({ name, decision })) }),
      })),
  };
}

function orderedOutcome({ verdict, rule, tier }: Outcome): Outcome {
  return { verdict, rule, tier };
}

function orderedTable(table: DirectionTable): DirectionTable {
  const cells = table.cells.map((cell) => ({ identity: cell.identity, class: cell.class, decision: cell.decision }));
  return { cells, miss: table.miss };
}

function refuse(code: string, why: string): DecodedHostRuleset {
  const message = `Cannot read a host ruleset: ${why}`;
  return { kind: 'problem', problem: { severity: 'error', code, message, place: null, hint: null } };
}
