import type { Address } from '@bulkhead/net/address.ts';
import { type Decoded, refused } from './decoded.ts';
import { address, count, type Field, flag, hash, list, nullable, oneOf, record, text } from './fields.ts';
import { parseJson, readField } from './json.ts';

/**
 * What an agent says it read back from its kernel. Times are milliseconds since the epoch by the host's clock. The order
 * of fields is that of the canonical text, which is what is signed and hashed (docs/proof.md).
 */
export type ProofStatement = {
  readonly format: 1;
  /** Whose key signs. */
  readonly host: string;
  /** Whose ruleset it is about. */
  readonly workload: string;
  /** The kernel's boot id: another one is another life of the host. */
  readonly boot: string;
  /** Grows by one for the life of what the agent has on disk. */
  readonly sequence: number;
  readonly at: number;
  /** SHA-256 of the statement before in lower-case hex; zeros: there is none. */
  readonly previous: string;
  /** SHA-256 of the certificate whose key signs. */
  readonly certificate: string;
  readonly generation: number;
  readonly hash: string;
  readonly revision: number;
  readonly version: number;
  /** When the kernel took it; null: before this agent was started. */
  readonly applied: number | null;
  readonly outcome: ProofOutcome;
  /** Why it does not hold, or was not read. */
  readonly reason: string | null;
  readonly depth: ProofDepth;
  /** Which elements of the large maps; null: none were looked at one by one. */
  readonly slice: ProofSlice | null;
  /** The counter that the slice follows from, with the generation. */
  readonly turn: number;
  /** How often rules of that host were changed; null: not known. */
  readonly epoch: number | null;
  /** When everything was last read and equal; null: not since this agent was started. */
  readonly whole: number | null;
  /** How often somebody else's change was undone. */
  readonly restored: number;
  /** What this host tried with packets since the statement before. */
  readonly probes: readonly ProbedCell[];
};

/** `unread`: the kernel did not answer, which says nothing of what it holds. */
export type ProofOutcome = 'holds' | 'differs' | 'unread';
/** `everything` by a whole listing after which no rules were changed; `structure`: without elements. */
export type ProofDepth = 'everything' | 'slice' | 'structure' | 'nothing';
export type ProofSlice = { readonly first: number; readonly count: number; readonly of: number };

/** One cell tried from the host that signs; what was expected of it is known to who asked. */
export type ProbedCell = {
  readonly at: number;
  readonly address: Address;
  readonly service: string;
  /** What became of it, as in the answer to a probe. */
  readonly outcome: string;
};

export type SignedStatement = {
  /** The canonical text of a ProofStatement. */
  readonly text: string;
  /** ECDSA P-256 with SHA-256 over the text, DER in base64. */
  readonly signature: string;
};

/** Characters: 64 probes of about 200. */
export const statementLimit = 32 * 1024;
export const probesLimit = 64;
export const firstPrevious = '0'.repeat(64);

const most = Number.MAX_SAFE_INTEGER;
const name = text(256);
const sentence = text(1000);
const one: Field<1> = (value, at, fail) => {
  if (value !== 1) fail(at, 'the number 1 is needed');
  return 1;
};

const probe = record<ProbedCell>({ at: count(most), address, service: text(64), outcome: text(64) });

const statement = record<ProofStatement>({
  format: one,
  host: name,
  workload: name,
  boot: text(64),
  sequence: count(most),
  at: count(most),
  previous: hash,
  certificate: hash,
  generation: count(most),
  hash,
  revision: count(65535),
  version: count(most),
  applied: nullable(count(most)),
  outcome: oneOf('holds', 'differs', 'unread'),
  reason: nullable(sentence),
  depth: oneOf('everything', 'slice', 'structure', 'nothing'),
  slice: nullable(record<ProofSlice>({ first: count(most), count: count(most), of: count(most) })),
  turn: count(most),
  epoch: nullable(count(0xffffffff)),
  whole: nullable(count(most)),
  restored: count(most),
  probes: list(probe, probesLimit),
});

export const signedStatement = record<SignedStatement>({ text: text(statementLimit), signature: text(256) });

/** The fields in their order and nothing else: the same statement has one text. */
export function statementText(given: ProofStatement): string {
  const read = readField(statement, given, 'proof');
  if (read.kind === 'refused') throw new Error(read.problem.message);
  return JSON.stringify(read.value);
}

/** Only of a text that says what it says in the canonical way: what is hashed is what is read. */
export function readStatement(given: string): Decoded<ProofStatement> {
  const parsed = parseJson(given, statementLimit);
  if (parsed.kind === 'refused') return parsed;
  const read = readField(statement, parsed.value, 'proof');
  if (read.kind === 'refused' || JSON.stringify(read.value) === given) return read;
  return refused(
    'proof-not-canonical',
    'Cannot read a proof: its text is not in canonical form, the same fields in their order are needed',
  );
}

/** One line of an exported file: what a third party needs beside the authority's certificate. */
export type ExportedProof = SignedStatement & {
  /** In PEM. */
  readonly certificate: string;
  /** When the controller received it, by its own clock. */
  readonly received: number;
  /** The latest one of its host. */
  readonly latest: boolean;
};

const exported = record<ExportedProof>({
  text: text(statementLimit),
  signature: text(256),
  certificate: text(16384),
  received: count(most),
  latest: flag,
});

export function readExportedProof(line: string): Decoded<ExportedProof> {
  const parsed = parseJson(line, 3 * statementLimit);
  return parsed.kind === 'refused' ? parsed : readField(exported, parsed.value, 'proof');
}
