import type { Estate } from '../estate/estate.ts';
import { type Serial, serial } from '../serial.ts';
import type { NewAuditEntry } from '../store/audit.ts';
import type { Store } from '../store/open-store.ts';
import type { RenewalRecord } from '../store/renewals.ts';

/** Renewed certificates of one workload that nobody has used yet; more than one when answers got lost on the way. */
const unusedLimit = 8;

export type Issue = { readonly shown: string; readonly issued: string; readonly audit: NewAuditEntry };

/**
 * Which client certificates are good. INVARIANT: one per workload is in use. Those it was renewed with are good as well,
 * until one of them is used; from then on that is the only one. So a lost answer locks nobody out, and a copy of the old
 * certificate is worth nothing once the new one was used.
 */
export class ClientCertificates {
  readonly #store: Store;
  readonly #estate: Estate;
  readonly #failed: (error: Error, workload: string) => void;
  readonly #renewals: Map<string, RenewalRecord>;
  readonly #queue: Serial = serial();

  private constructor(
    { store, estate, failed }: ClientCertificateParts,
    renewals: readonly (readonly [string, RenewalRecord])[],
  ) {
    this.#store = store;
    this.#estate = estate;
    this.#failed = failed;
    this.#renewals = new Map(renewals);
  }

  static async load(parts: ClientCertificateParts): Promise<ClientCertificates> {
    const { store, estate } = parts;
    const all = await store.renewals.all();
    const isPast = ({ workload, enrolled }: RenewalRecord) => estate.get(workload)?.serial !== enrolled;
    for (const { workload } of all.filter(isPast)) await store.renewals.remove(workload);
    return new ClientCertificates(
      parts,
      all.filter((one) => !isPast(one)).map((one) => [one.workload, one]),
    );
  }

  /** Whether the certificate is good, and from now on the one in use. */
  use(workload: string, shown: string): boolean {
    const known = this.#known(workload);
    if (known === null || !this.isGood(workload, shown)) return false;
    if (known.serial === shown) return true;
    this.#renewals.set(workload, { ...known, serial: shown, next: [] });
    // Not waited for: a disk that is full must not keep a host away, and after a crash the new one is still good.
    this.#write(workload, null).catch((error: Error) => this.#failed(error, workload));
    return true;
  }

  /** Whether the certificate is good; using it is another thing. */
  isGood(workload: string, shown: string): boolean {
    const known = this.#known(workload);
    return known !== null && (known.serial === shown || known.next.includes(shown));
  }

  /** On disk when it returns. False: the certificate shown was revoked or replaced in the meantime. */
  async issue(workload: string, { shown, issued, audit }: Issue): Promise<boolean> {
    const known = this.#known(workload);
    if (known?.serial !== shown) return false;
    this.#renewals.set(workload, { ...known, next: [...known.next, issued].slice(-unusedLimit) });
    await this.#write(workload, audit);
    return true;
  }

  /** Null: the workload has no certificate. */
  #known(workload: string): RenewalRecord | null {
    const enrolled = this.#estate.get(workload)?.serial ?? null;
    if (enrolled === null) return null;
    const renewal = this.#renewals.get(workload);
    return renewal?.enrolled === enrolled ? renewal : { workload, enrolled, serial: enrolled, next: [] };
  }

  /** What is known when its turn comes, so that the last one to write writes the newest. */
  #write(workload: string, audit: NewAuditEntry | null): Promise<void> {
    return this.#queue(() =>
      this.#store.transaction(async (stores) => {
        const renewal = this.#renewals.get(workload);
        if (renewal !== undefined) await stores.renewals.put(renewal);
        if (audit !== null) await stores.audit.add(audit);
      }),
    );
  }
}

export type ClientCertificateParts = {
  readonly store: Store;
  readonly estate: Estate;
  /** What is in memory could not be written. */
  readonly failed: (error: Error, workload: string) => void;
};
