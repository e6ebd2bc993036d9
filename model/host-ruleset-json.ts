import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { formatPrefix, type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import { allServices, type ServiceRange } from '@bulkhead/net/service-space.ts';
import type { Outcome } from './decision.ts';
import { canonicalDomain, wrongDomain } from './domain-text.ts';
import type {
  Cell,
  DirectionTable,
  DomainName,
  HostEnd,
  HostRuleset,
  HostRulesetContent,
  NamedDecision,
  NumberedDecision,
  PeerAddress,
  PeerPrefix,
} from './host-ruleset.ts';
import { classLimit, identityLimit, nameLimit } from './host-ruleset.ts';
import { utf8Length } from './utf8.ts';
import { ruleIdLimit } from './words.ts';

/**
 * The shape of a host ruleset, field by field. What only holds between fields is in host-ruleset-invariants.ts.
 */
export type ReadHostRuleset =
  | { readonly kind: 'ok'; readonly ruleset: HostRuleset }
  | { readonly kind: 'wrong'; readonly path: string; readonly expected: string };

/** Unwinds a deep read; never leaves `readHostRuleset`. */
class Wrong extends Error {
  readonly path: string;
  readonly expected: string;
  constructor(path: string, expected: string) {
    super(`${path}: ${expected}`);
    this.path = path;
    this.expected = expected;
  }
}

export function readHostRuleset(json: unknown): ReadHostRuleset {
  try {
    return { kind: 'ok', ruleset: readRuleset(json) };
  } catch (error) {
    if (error instanceof Wrong) return { kind: 'wrong', path: error.path, expected: error.expected };
    throw error;
  }
}

function readRuleset(json: unknown): HostRuleset {
  const keys = ['format', 'workload', 'generation', 'revision', 'hash', 'version', 'content'];
  const fields = readObject(json, 'ruleset', keys);
  if (fields.format !== 1) throw new Wrong('format', 'the number 1');
  return {
    format: 1,
    workload: readText(fields.workload, 'workload', { least: 1, most: 253 }),
    content: readContent(fields.content),
    generation: readNumber(fields.generation, 'generation', { least: 0, most: Number.MAX_SAFE_INTEGER }),
    revision: readNumber(fields.revision, 'revision', { least: 1, most: 65535 }),
    hash: readHash(fields.hash),
    version: readNumber(fields.version, 'version', { least: 0, most: Number.MAX_SAFE_INTEGER }),
  };
}

function readContent(json: unknown): HostRulesetContent {
  const keys = ['identities', 'addresses', 'prefixes', 'classes', 'decisions', 'ends'];
  const fields = readObject(json, 'content', keys, ['names', 'local']);
  return {
    identities: readList(fields.identities, 'identities', (item, path) => {
      const { id, name } = readObject(item, path, ['id', 'name']);
      return { id: readIdentity(id, `${path}.id`, 1), name: readText(name, `${path}.name`, { least: 0, most: 65536 }) };
    }),
    addresses: readList(fields.addresses, 'addresses', readPeerAddress),
    prefixes: readList(fields.prefixes, 'prefixes', readPeerPrefix),
    classes: readList(fields.classes, 'classes', (item, path) => {
      const { id, services } = readObject(item, path, ['id', 'services']);
      return { id: readClass(id, `${path}.id`, 1), services: readList(services, `${path}.services`, readServiceRange) };
    }),
    ...(fields.names === undefined ? {} : { names: readSome(fields.names, 'names', readDomainName) }),
    decisions: readList(fields.decisions, 'decisions', readDecision),
    ends: readList(fields.ends, 'ends', readEnd),
    ...(Object.hasOwn(fields, 'local') && { local: readList(fields.local, 'local', readAddress) }),
  };
}

function readPeerAddress(json: unknown, path: string): PeerAddress {
  const { address, identity } = readObject(json, path, ['address', 'identity']);
  return { address: readAddress(address, `${path}.address`), identity: readIdentity(identity, `${path}.identity`, 1) };
}

function readPeerPrefix(json: unknown, path: string): PeerPrefix {
  const { prefix, identity } = readObject(json, path, ['prefix', 'identity']);
  return { prefix: readPrefix(prefix, `${path}.prefix`), identity: readIdentity(identity, `${path}.identity`, 1) };
}

function readDecision(json: unknown, path: string): NumberedDecision {
  const fields = readObject(json, path, ['number', 'effective', 'intended'], ['named']);
  const { number, effective, intended, named } = fields;
  return {
    number: readNumber(number, `${path}.number`, { least: 0, most: 0xffffffff }),
    effective: readOutcome(effective, `${path}.effective`),
    intended: readOutcome(intended, `${path}.intended`),
    ...(named === undefined ? {} : { named: readSome(named, `${path}.named`, readNamedDecision) }),
  };
}

function readNamedDecision(json: unknown, path: string): NamedDecision {
  const { name, decision } = readObject(json, path, ['name', 'decision']);
  return { name: readNameId(name, `${path}.name`), decision: readPosition(decision, `${path}.decision`) };
}

/** Names end up in texts of other programs, which is why only what a policy may say is read. */
function readDomainName(json: unknown, path: string): DomainName {
  const { id, name } = readObject(json, path, ['id', 'name']);
  if (typeof name !== 'string' || wrongDomain(name) !== null || canonicalDomain(name) !== name)
    throw new Wrong(`${path}.name`, 'a domain name in its canonical spelling');
  return { id: readNameId(id, `${path}.id`), name };
}

function readOutcome(json: unknown, path: string): Outcome {
  const { verdict, rule, tier } = readObject(json, path, ['verdict', 'rule', 'tier']);
  if (verdict !== 'allow' && verdict !== 'deny') throw new Wrong(`${path}.verdict`, '"allow" or "deny"');
  return {
    verdict,
    rule: rule === null ? null : readRuleId(rule, `${path}.rule`),
    tier: tier === null ? null : readText(tier, `${path}.tier`, { least: 1, most: 100 }),
  };
}

/** Rule ids end up inside quoted strings of other programs, so what could end such a string is refused here too. */
function readRuleId(json: unknown, path: string): string {
  const text = readText(json, path, { least: 1, most: ruleIdLimit });
  if (utf8Length(text) <= ruleIdLimit && !/[\p{Cc}"\\$]/u.test(text)) return text;
  throw new Wrong(path, `at most ${ruleIdLimit} bytes without quotes, backslashes and control characters`);
}

function readEnd(json: unknown, path: string): HostEnd {
  const { addresses, inbound, outbound } = readObject(json, path, ['addresses', 'inbound', 'outbound']);
  return {
    addresses: readList(addresses, `${path}.addresses`, readAddress),
    inbound: readTable(inbound, `${path}.inbound`),
    outbound: readTable(outbound, `${path}.outbound`),
  };
}

function readTable(json: unknown, path: string): DirectionTable {
  const { cells, miss } = readObject(json, path, ['cells', 'miss']);
  return { cells: readList(cells, `${path}.cells`, readCell), miss: readPosition(miss, `${path}.miss`) };
}

function readCell(json: unknown, path: string): Cell {
  const fields = readObject(json, path, ['identity', 'class', 'decision']);
  return {
    identity: readIdentity(fields.identity, `${path}.identity`, 0),
    class: readClass(fields.class, `${path}.class`, 0),
    decision: readPosition(fields.decision, `${path}.decision`),
  };
}

function readServiceRange(json: unknown, path: string): ServiceRange {
  if (!Array.isArray(json) || json.length !== 2) throw new Wrong(path, 'a list of two numbers');
  const first = readNumber(json[0], `${path}[0]`, { least: 0, most: allServices.last });
  const last = readNumber(json[1], `${path}[1]`, { least: first, most: allServices.last });
  return { first, last };
}

function readAddress(json: unknown, path: string): Address {
  const address = typeof json === 'string' ? parseAddress(json) : null;
  if (address === null || address !== json) throw new Wrong(path, 'an address in its canonical spelling');
  return address;
}

function readPrefix(json: unknown, path: string): Prefix {
  const prefix = typeof json === 'string' ? parsePrefix(json) : null;
  if (prefix === null || formatPrefix(prefix) !== json) throw new Wrong(path, 'a prefix in its canonical spelling');
  return prefix;
}

function readHash(json: unknown): string {
  if (typeof json === 'string' && /^[0-9a-f]{64}$/.test(json)) return json;
  throw new Wrong('hash', '64 lower-case hex digits');
}

const readIdentity = (json: unknown, path: string, least: number): number =>
  readNumber(json, path, { least, most: identityLimit });
const readClass = (json: unknown, path: string, least: number): number =>
  readNumber(json, path, { least, most: classLimit });
const readNameId = (json: unknown, path: string): number => readNumber(json, path, { least: 1, most: nameLimit });
const readPosition = (json: unknown, path: string): number => readNumber(json, path, { least: 0, most: 0xffffffff });

type Bounds = { readonly least: number; readonly most: number };

function readNumber(json: unknown, path: string, { least, most }: Bounds): number {
  if (typeof json === 'number' && Number.isInteger(json) && json >= least && json <= most) return json;
  throw new Wrong(path, `a whole number from ${least} to ${most}`);
}

function readText(json: unknown, path: string, { least, most }: Bounds): string {
  if (typeof json === 'string' && json.length >= least && json.length <= most) return json;
  throw new Wrong(path, `a text of ${least} to ${most} characters`);
}

function readList<T>(json: unknown, path: string, item: (json: unknown, path: string) => T): T[] {
  if (!Array.isArray(json)) throw new Wrong(path, 'a list');
  return json.map((value, index) => item(value, `${path}[${index}]`));
}

/** A list that is left out when it is empty: equal values have one text. */
function readSome<T>(json: unknown, path: string, item: (json: unknown, path: string) => T): T[] {
  const list = readList(json, path, item);
  if (list.length === 0) throw new Wrong(path, 'at least one item, or no such key');
  return list;
}

type Fields = Readonly<Record<string, unknown>>;

function readObject(json: unknown, path: string, keys: readonly string[], optional: readonly string[] = []): Fields {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Wrong(path, 'an object');
  const found = Object.keys(json);
  const known = [...keys, ...optional];
  const unknown = found.find((key) => !known.includes(key));
  if (unknown !== undefined) throw new Wrong(`${path}.${unknown.slice(0, 40)}`, `one of the keys ${known.join(', ')}`);
  const missing = keys.find((key) => !Object.hasOwn(json, key));
  if (missing !== undefined) throw new Wrong(`${path}.${missing}`, 'a value');
  return json as Fields;
}
