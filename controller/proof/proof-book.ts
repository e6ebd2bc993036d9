import { createHash } from 'node:crypto';
import { type ProofStatement, readStatement, type SignedStatement } from '@bulkhead/wire/proof.ts';
import type { Refusal } from '../agents/refusals.ts';
import type { Store } from '../store/open-store.ts';
import type { KeptProof, ProofRecord } from '../store/proofs.ts';
import { checkStatement, type Speaker } from './check-statement.ts';

/** Something the controller knows the time of; milliseconds since the epoch, by its own clock. */
export type Dated = { readonly generation: number; readonly at: number };
export type ProofGap = { readonly from: number; readonly until: number };
/** One cell that was tried with packets, between two hosts of the estate. */
export type Probed = {
  readonly from: string;
  readonly to: string;
  readonly address: string;
  readonly service: string;
  readonly expected: 'closed' | 'open';
  readonly found: 'closed' | 'open' | 'undecided';
  /** What was seen, for people: `no answer`. */
  readonly seen: string;
  readonly at: number;
};

/** What is known of one workload's proofs. */
export type ProofEntry = {
  readonly intended: Dated | null;
  readonly applied: Dated | null;
  readonly latest: { readonly statement: ProofStatement; readonly kept: KeptProof } | null;
  /** Since when statements say that it does not hold; null: the latest says that it does. */
  readonly badSince: number | null;
  readonly gaps: readonly ProofGap[];
  readonly refused: { readonly count: number; readonly at: number; readonly message: string } | null;
  /** Of each cell what was last found. */
  readonly probed: readonly Probed[];
};

/** Per host, the oldest are forgotten first. */
const limits = { gaps: 32, probed: 200 } as const;
/** An audit entry per host and code so often (milliseconds): a broken agent must not fill the log. */
const auditPause = 3_600_000;

export type ProofBookParts = {
  readonly store: Store;
  readonly clock: () => number;
  readonly refused: (refusal: Refusal, workload: string) => void;
  /** What is known of a workload is another thing than before. */
  readonly changed: (workload: string) => void;
  /** A cell that must be closed is open, or one that must be open is closed. */
  readonly alarm: (workload: string, probed: Probed) => void;
};

const nothing: ProofEntry = {
  intended: null,
  applied: null,
  latest: null,
  badSince: null,
  gaps: [],
  refused: null,
  probed: [],
};

/** Statements of all hosts: the latest in memory, on disk a few seconds later. */
export class ProofBook {
  readonly #parts: ProofBookParts;
  readonly #entries = new Map<string, ProofEntry>();
  readonly #unwritten = new Set<string>();
  /** Fingerprints of certificates that are on disk. */
  readonly #certificates = new Set<string>();
  readonly #audited = new Map<string, number>();

  private constructor(parts: ProofBookParts) {
    this.#parts = parts;
  }

  static async load(parts: ProofBookParts): Promise<ProofBook> {
    const book = new ProofBook(parts);
    for (const record of await parts.store.proofs.all()) book.#entries.set(record.workload, readRecord(record));
    return book;
  }

  entry(workload: string): ProofEntry {
    return this.#entries.get(workload) ?? nothing;
  }

  /** SPEC PR1. */
  intended(workload: string, generation: number): void {
    if (this.entry(workload).intended?.generation === generation) return;
    this.#set(workload, { intended: { generation, at: this.#parts.clock() } });
  }

  /** SPEC PR2, where the host's statement does not say it better. */
  applied(workload: string, generation: number): void {
    if (this.entry(workload).applied?.generation === generation) return;
    this.#set(workload, { applied: { generation, at: this.#parts.clock() } });
  }

  /** Null, or why it was not taken; then the session goes on and the host is not proven (SPEC PR16). */
  async take(
    speaker: Speaker,
    signed: SignedStatement,
    mayStand: (workload: string) => boolean,
  ): Promise<Refusal | null> {
    const checked = checkStatement(signed, speaker);
    if (checked.kind === 'refused') return this.#refuse(speaker.host, checked.refusal);
    const { statement, fingerprint } = checked;
    const { workload, sequence } = statement;
    if (!mayStand(workload)) {
      const message = `Cannot take a proof of "${workload}" from "${speaker.host}": it is none of its guests`;
      return this.#refuse(speaker.host, { code: 'proof-foreign', message });
    }
    const before = this.entry(workload).latest;
    if (before !== null && before.statement.host === statement.host && sequence <= before.statement.sequence) {
      const message = `Cannot take proof ${sequence} of "${workload}": ${before.statement.sequence} was taken before, a higher number is needed`;
      return this.#refuse(workload, { code: 'proof-replayed', message });
    }
    if (!this.#certificates.has(fingerprint)) {
      await this.#parts.store.proofs.certificate(fingerprint, speaker.certificate);
      this.#certificates.add(fingerprint);
    }
    this.#keep(statement, { ...signed, workload, certificate: fingerprint, receivedAt: this.#parts.clock() });
    return null;
  }

  #keep(statement: ProofStatement, kept: KeptProof): void {
    const { workload, applied, generation, outcome } = statement;
    const was = this.entry(workload);
    const { receivedAt } = kept;
    const follows = was.latest === null || statement.previous === hashOf(was.latest.kept.text);
    const gap = follows ? [] : [{ from: was.latest?.kept.receivedAt ?? receivedAt, until: receivedAt }];
    this.#set(workload, {
      latest: { statement, kept },
      // The host's clock knows best when its kernel took it, unless it lies in the future.
      ...(applied === null ? {} : { applied: { generation, at: Math.min(applied, receivedAt) } }),
      badSince: outcome === 'holds' ? null : (was.badSince ?? receivedAt),
      gaps: [...was.gaps, ...gap].slice(-limits.gaps),
    });
  }

  /** A result stands at the host that was probed. */
  probed(probed: Probed): void {
    const was = this.entry(probed.to).probed;
    const same = (other: Probed) => cellOf(other) === cellOf(probed);
    this.#set(probed.to, { probed: [...was.filter((other) => !same(other)), probed].slice(-limits.probed) });
    if (isWrong(probed) && !was.some((other) => same(other) && isWrong(other))) this.#parts.alarm(probed.to, probed);
  }

  async #refuse(workload: string, refusal: Refusal): Promise<Refusal> {
    const now = this.#parts.clock();
    const count = (this.entry(workload).refused?.count ?? 0) + 1;
    this.#set(workload, { refused: { count, at: now, message: refusal.message } });
    this.#parts.refused(refusal, workload);
    const key = `${workload} ${refusal.code}`;
    if (now - (this.#audited.get(key) ?? 0) >= auditPause) {
      this.#audited.set(key, now);
      const detail = { code: refusal.code, message: refusal.message };
      await this.#parts.store.audit.add({
        actor: `agent:${workload}`,
        action: 'proof.refused',
        subject: workload,
        detail,
      });
    }
    return refusal;
  }

  /** Another host took the name, or it is gone: what the one before said no longer holds. */
  forget(workload: string): void {
    this.#set(workload, { ...nothing, intended: this.entry(workload).intended });
  }

  /** What was not on disk yet; throws on a full disk, and then it still is not. */
  async flush(): Promise<void> {
    const records = [...this.#unwritten].map((workload) => this.#record(workload));
    if (records.length === 0) return;
    this.#unwritten.clear();
    try {
      await this.#parts.store.transaction(({ proofs }) => proofs.put(records));
    } catch (error) {
      for (const { workload } of records) this.#unwritten.add(workload);
      throw error;
    }
  }

  /** Statements of hours before `at` go. */
  async forgetBefore(at: number): Promise<void> {
    await this.flush();
    await this.#parts.store.proofs.forgetBefore(at);
    this.#certificates.clear();
  }

  #record(workload: string): ProofRecord {
    const { latest, ...notes } = this.entry(workload);
    return { workload, latest: latest?.kept ?? null, notes: JSON.stringify(notes) };
  }

  #set(workload: string, change: Partial<ProofEntry>): void {
    this.#entries.set(workload, { ...this.entry(workload), ...change });
    this.#unwritten.add(workload);
    this.#parts.changed(workload);
  }
}

/** SPEC PR24 PR25: undecided is neither. */
export const isWrong = ({ expected, found }: Probed): boolean => found !== 'undecided' && found !== expected;
const cellOf = ({ from, to, address, service }: Probed): string => [from, to, address, service].join(' ');
export const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** Only we write them, so that what cannot be read is a bug of an older version: it begins anew. */
function readRecord({ latest, notes }: ProofRecord): ProofEntry {
  const statement = latest === null ? null : readStatement(latest.text);
  const known = statement?.kind === 'decoded' && latest !== null ? { statement: statement.value, kept: latest } : null;
  return { ...nothing, ...(JSON.parse(notes) as Partial<ProofEntry>), latest: known };
}
