import { chmodSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { Kysely } from 'kysely';
import { type ApiTokenStore, apiTokenStore } from './api-tokens.ts';
import { type AuditStore, auditStore } from './audit.ts';
import { type DraftStore, draftStore } from './drafts.ts';
import { type EventStore, eventStore } from './estate-events.ts';
import { type HostStateStore, hostStateStore } from './host-states.ts';
import { type IdempotencyStore, idempotencyStore } from './idempotency.ts';
import { type InvitationStore, invitationStore } from './invitations.ts';
import { type IsolationStore, isolationStore } from './isolations.ts';
import { type MetaStore, metaStore } from './meta.ts';
import { migrate } from './migrations.ts';
import { type PairingKeyStore, pairingKeyStore } from './pairing-keys.ts';
import { type ProofStore, proofStore } from './proofs.ts';
import { type ProvisionStore, provisionStore } from './provisions.ts';
import { type RenewalStore, renewalStore } from './renewals.ts';
import type { Tables } from './schema.ts';
import { sqliteDialect } from './sqlite-dialect.ts';
import { type UserStore, userStore } from './users.ts';
import { type VersionStore, versionStore } from './versions.ts';
import { type WorkloadStore, workloadStore } from './workloads.ts';

/**
 * The configuration store. Narrow on purpose: every method says what the controller needs, none shows SQL, so another
 * database only has to pass store/contract.ts.
 */
export type Stores = {
  readonly meta: MetaStore;
  readonly workloads: WorkloadStore;
  readonly renewals: RenewalStore;
  readonly pairingKeys: PairingKeyStore;
  readonly drafts: DraftStore;
  readonly versions: VersionStore;
  readonly hostStates: HostStateStore;
  readonly provisions: ProvisionStore;
  readonly proofs: ProofStore;
  readonly isolations: IsolationStore;
  readonly audit: AuditStore;
  readonly users: UserStore;
  readonly invitations: InvitationStore;
  readonly apiTokens: ApiTokenStore;
  readonly idempotency: IdempotencyStore;
  readonly events: EventStore;
};

export type Store = Stores & {
  /**
   * All or nothing. INVARIANT: inside, only the given stores are used: SQLite has one connection, so a call to the
   * outer ones would wait for the transaction it is part of.
   */
  readonly transaction: <T>(work: (stores: Stores) => Promise<T>) => Promise<T>;
  readonly close: () => Promise<void>;
};

export async function openStore(directory: string, clock: () => number): Promise<Store> {
  const path = join(directory, 'controller.db');
  // SQLite gives the files beside it, which hold the same rows, the mode that this one has when it is opened.
  closeSync(openSync(path, 'a', 0o600));
  chmodSync(path, 0o600);
  const database = new Kysely<Tables>({ dialect: sqliteDialect(path) });
  await migrate(database, clock);
  const transaction: Store['transaction'] = (work) =>
    database.transaction().execute((inner) => work(stores(inner, clock)));
  const outer = stores(database, clock);
  return {
    ...outer,
    // An entry names the hash of the one before it: reading that and writing must not be interleaved with another.
    audit: { ...outer.audit, add: (entry) => transaction((inner) => inner.audit.add(entry)) },
    transaction,
    close: () => database.destroy(),
  };
}

function stores(database: Kysely<Tables>, clock: () => number): Stores {
  return {
    meta: metaStore(database),
    workloads: workloadStore(database, clock),
    renewals: renewalStore(database),
    pairingKeys: pairingKeyStore(database),
    drafts: draftStore(database, clock),
    versions: versionStore(database, clock),
    hostStates: hostStateStore(database),
    provisions: provisionStore(database),
    proofs: proofStore(database),
    isolations: isolationStore(database, clock),
    audit: auditStore(database, clock),
    users: userStore(database, clock),
    invitations: invitationStore(database),
    apiTokens: apiTokenStore(database),
    idempotency: idempotencyStore(database, clock),
    events: eventStore(database, clock),
  };
}
