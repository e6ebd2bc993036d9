import { type Kysely, type Selectable, sql } from 'kysely';
import type { Tables } from './schema.ts';

/** A signed statement as it came, and when. `certificate`: the fingerprint that it names. */
export type KeptProof = {
  readonly workload: string;
  readonly text: string;
  readonly signature: string;
  readonly certificate: string;
  readonly receivedAt: number;
};

/** What is known of one host's proofs beyond a restart. `notes`: JSON of what the book keeps beside the statement. */
export type ProofRecord = { readonly workload: string; readonly latest: KeptProof | null; readonly notes: string };

/** `latest`: of its host. */
export type ExportedRow = KeptProof & { readonly pem: string; readonly latest: boolean };

export type ProofStore = {
  readonly all: () => Promise<ProofRecord[]>;
  /** The latest of each; it also becomes that of its hour, if that has none yet. */
  readonly put: (records: readonly ProofRecord[]) => Promise<void>;
  /** In PEM, under its fingerprint. */
  readonly certificate: (fingerprint: string, pem: string) => Promise<void>;
  /** One of each hour, received at `since` or later, in the order of receipt, without the first `after`. */
  readonly hours: (page: ListedHours) => Promise<ExportedRow[]>;
  /** The latest of each host, received at `since` or later. */
  readonly latest: (since: number) => Promise<ExportedRow[]>;
  /** Those of hours before go, and certificates that nothing names any more. */
  readonly forgetBefore: (at: number) => Promise<void>;
  readonly remove: (workload: string) => Promise<void>;
};

export type ListedHours = { readonly since: number; readonly after: number; readonly limit: number };

const hour = 3_600_000;

export function proofStore(database: Kysely<Tables>): ProofStore {
  return {
    all: async () => (await database.selectFrom('proofs').selectAll().execute()).map(fromRow),
    put: async (records) => {
      for (const { workload, latest, notes } of records) {
        const row = { text: latest?.text ?? null, signature: latest?.signature ?? null };
        const changed = {
          ...row,
          certificate: latest?.certificate ?? null,
          received_at: latest?.receivedAt ?? null,
          notes,
        };
        await database
          .insertInto('proofs')
          .values({ workload, ...changed })
          .onConflict((conflict) => conflict.column('workload').doUpdateSet(changed))
          .execute();
        if (latest !== null) await keepOfHour(database, latest);
      }
    },
    certificate: async (fingerprint, pem) => {
      await database
        .insertInto('proof_certificates')
        .values({ fingerprint, pem })
        .onConflict((conflict) => conflict.column('fingerprint').doNothing())
        .execute();
    },
    hours: ({ since, after, limit }) => listHours(database, { since, after, limit }),
    latest: (since) => listLatest(database, since),
    forgetBefore: async (at) => {
      await database
        .deleteFrom('proof_hours')
        .where('hour', '<', Math.floor(at / hour))
        .execute();
      await sql`DELETE FROM proof_certificates WHERE fingerprint NOT IN (SELECT certificate FROM proof_hours
        UNION SELECT certificate FROM proofs WHERE certificate IS NOT NULL)`.execute(database);
    },
    remove: async (workload) => {
      await database.deleteFrom('proofs').where('workload', '=', workload).execute();
    },
  };
}

async function keepOfHour(database: Kysely<Tables>, proof: KeptProof): Promise<void> {
  const { workload, text, signature, certificate, receivedAt } = proof;
  await database
    .insertInto('proof_hours')
    .values({ workload, hour: Math.floor(receivedAt / hour), text, signature, certificate, received_at: receivedAt })
    .onConflict((conflict) => conflict.columns(['workload', 'hour']).doNothing())
    .execute();
}

async function listHours(database: Kysely<Tables>, { since, after, limit }: ListedHours): Promise<ExportedRow[]> {
  const rows = await database
    .selectFrom('proof_hours')
    .innerJoin('proof_certificates', 'proof_certificates.fingerprint', 'proof_hours.certificate')
    .selectAll()
    .where('received_at', '>=', since)
    .orderBy('received_at')
    .orderBy('workload')
    .limit(limit)
    .offset(after)
    .execute();
  return rows.map(({ workload, text, signature, certificate, received_at, pem }) => ({
    ...{ workload, text, signature, certificate, receivedAt: received_at, pem },
    latest: false,
  }));
}

async function listLatest(database: Kysely<Tables>, since: number): Promise<ExportedRow[]> {
  const rows = await database
    .selectFrom('proofs')
    .innerJoin('proof_certificates', 'proof_certificates.fingerprint', 'proofs.certificate')
    .selectAll()
    .where('received_at', '>=', since)
    .orderBy('workload')
    .execute();
  return rows.flatMap(({ pem, ...row }) => {
    const { latest } = fromRow(row);
    return latest === null ? [] : [{ ...latest, pem, latest: true }];
  });
}

function fromRow({
  workload,
  text,
  signature,
  certificate,
  received_at,
  notes,
}: Selectable<Tables['proofs']>): ProofRecord {
  if (text === null || signature === null || certificate === null || received_at === null) {
    return { workload, latest: null, notes };
  }
  return { workload, latest: { workload, text, signature, certificate, receivedAt: received_at }, notes };
}
