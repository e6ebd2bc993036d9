import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { Outcome } from './decision.ts';
import type { DirectionTable, HostRuleset, HostRulesetContent } from './host-ruleset.ts';
import { findBrokenInvariant } from './host-ruleset-invariants.ts';
import { readHostRuleset } from './host-ruleset-json.ts';
import type { Problem } from './problem.ts';

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
export function decodeHostRuleset(text: string): DecodedHostRuleset {
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
  const hash = contentHash(read.ruleset.content);
  if (hash !== read.ruleset.hash)
    return refuse('ruleset-hash', `it says ${read.ruleset.hash} and its content has ${hash}, both must be the same`);
  return { kind: 'ok', ruleset: read.ruleset };
}

/** Equal contents have equal texts: keys in a fixed order, prefixes as text, service ranges as `[first, last]`. */
export function canonicalContent(content: HostRulesetContent): string {
  return JSON.stringify({
    identities: content.identities.map(({ id, name }) => ({ id, name })),
    addresses: content.addresses.map(({ address, identity }) => ({ address, identity })),
    prefixes: content.prefixes.map(({ prefix, identity }) => ({ prefix: formatPrefix(prefix), identity })),
    classes: content.classes.map(({ id, services }) => ({ id, services: services.map((r) => [r.first, r.last]) })),
    decisions: content.decisions.map(({ number, effective, intended }) => ({
      number,
      effective: orderedOutcome(effective),
      intended: orderedOutcome(intended),
    })),
    ends: content.ends.map(({ addresses, inbound, outbound }) => ({
      addresses,
      inbound: orderedTable(inbound),
      outbound: orderedTable(outbound),
    })),
  });
}

/** SHA-256 of the canonical text in UTF-8, 64 lower-case hex digits. */
export function contentHash(content: HostRulesetContent): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalContent(content))));
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
