import { createHash, createPrivateKey, sign, X509Certificate } from 'node:crypto';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';
import {
  firstPrevious,
  type ProbedCell,
  type ProofStatement,
  probesLimit,
  type SignedStatement,
  statementText,
} from '@bulkhead/wire/proof.ts';
import { errorText, readFileIfPresent, replaceFile } from './atomic-file.ts';
import type { Identity } from './identity.ts';
import type { Problems } from './problems.ts';
import type { Seen } from './sight.ts';

/** What a statement is made of, besides who makes it. */
export type Evidence = {
  readonly held: HostRuleset;
  readonly seen: Seen;
  readonly applied: number | null;
  readonly whole: number | null;
  readonly restored: number;
};

export type ProverParts = {
  /** Where the number and the hash of the last statement are kept. */
  readonly path: string;
  readonly identity: () => Identity;
  /** False: not sent, and it was never said. */
  readonly send: (statement: SignedStatement) => boolean;
  readonly problems: Problems;
  readonly clock: () => number;
  readonly boot: () => string;
};

/** Milliseconds between statements that say the same as the one before, but for the time. */
const statementInterval = 10_000;

/** Signs what was read back, each statement on top of the one before (docs/proof.md). */
export class Prover {
  readonly #parts: ProverParts;
  #last: Last;
  #said = '';
  #saidAt = 0;
  #probes: ProbedCell[] = [];

  constructor(parts: ProverParts) {
    this.#parts = parts;
    const { sequence, previous } = readLast(parts.path);
    // Above everything that was ever said, also where the file was lost.
    this.#last = { sequence: Math.max(sequence, Math.floor(parts.clock() / 1000)), previous };
  }

  /** Goes into the next statement; more than a statement takes are forgotten, the oldest first. */
  probed(cell: ProbedCell): void {
    this.#probes = [...this.#probes, cell].slice(-probesLimit);
  }

  /** Says what is seen when it is another thing than was said last, or that was said long enough ago. */
  say(evidence: Evidence): void {
    const { held, seen } = evidence;
    const now = this.#parts.clock();
    const news = JSON.stringify([held.generation, held.hash, seen.outcome, seen.reason, seen.depth === 'nothing']);
    if (news === this.#said && now - this.#saidAt < statementInterval && this.#probes.length === 0) return;
    const text = statementText(this.#statement(evidence, now));
    const { key } = this.#parts.identity();
    const signature = sign('sha256', Buffer.from(text), createPrivateKey(key)).toString('base64');
    if (!this.#parts.send({ text, signature })) return;
    [this.#said, this.#saidAt, this.#probes] = [news, now, []];
    this.#last = { sequence: this.#last.sequence + 1, previous: createHash('sha256').update(text).digest('hex') };
    this.#keep();
  }

  #statement({ held, seen, applied, whole, restored }: Evidence, at: number): ProofStatement {
    const { certificate, workload } = this.#parts.identity();
    const { outcome, reason, depth, slice, turn, epoch } = seen;
    const { generation, hash, revision, version } = held;
    return {
      format: 1,
      host: workload,
      workload: held.workload,
      boot: this.#parts.boot(),
      sequence: this.#last.sequence + 1,
      at,
      previous: this.#last.previous,
      certificate: fingerprint(certificate),
      ...{ generation, hash, revision, version, applied },
      ...{ outcome, reason, depth, slice, turn, epoch, whole, restored },
      probes: this.#probes,
    };
  }

  #keep(): void {
    try {
      replaceFile(this.#parts.path, `${JSON.stringify(this.#last)}\n`);
      this.#parts.problems.clear('proof-file');
    } catch (error) {
      this.#parts.problems.set(
        'proof-file',
        `Cannot write "${this.#parts.path}": ${errorText(error)}, free space is needed`,
      );
    }
  }
}

type Last = { readonly sequence: number; readonly previous: string };

/** What cannot be read begins a new chain, which the controller shows as a gap. */
function readLast(path: string): Last {
  try {
    const { sequence, previous } = JSON.parse(readFileIfPresent(path) ?? '{}') as Partial<Last>;
    const known = Number.isSafeInteger(sequence) && /^[0-9a-f]{64}$/.test(previous ?? '');
    return known
      ? { sequence: sequence ?? 0, previous: previous ?? firstPrevious }
      : { sequence: 0, previous: firstPrevious };
  } catch {
    return { sequence: 0, previous: firstPrevious };
  }
}

/** SHA-256 of a certificate (PEM) in lower-case hex. */
export function fingerprint(certificate: string): string {
  return new X509Certificate(certificate).fingerprint256.replaceAll(':', '').toLowerCase();
}
