import type { Kysely, Selectable } from 'kysely';
import type { Tables } from './schema.ts';

/** How the client certificate of a workload went on since it enrolled; serial numbers as in `WorkloadRecord`. */
export type RenewalRecord = {
  readonly workload: string;
  /** The certificate of the enrolment this belongs to: after another one it says nothing any more. */
  readonly enrolled: string;
  /** The certificate that is in use. */
  readonly serial: string;
  /** Those that were issued on the strength of it and have not been used yet, oldest first. */
  readonly next: readonly string[];
};

export type RenewalStore = {
  readonly all: () => Promise<RenewalRecord[]>;
  readonly put: (renewal: RenewalRecord) => Promise<void>;
  readonly remove: (workload: string) => Promise<boolean>;
};

export function renewalStore(database: Kysely<Tables>): RenewalStore {
  return {
    all: async () => (await database.selectFrom('renewals').selectAll().orderBy('workload').execute()).map(fromRow),
    put: async ({ workload, enrolled, serial, next }) => {
      const changed = { enrolled, serial, next: JSON.stringify(next) };
      await database
        .insertInto('renewals')
        .values({ workload, ...changed })
        .onConflict((conflict) => conflict.column('workload').doUpdateSet(changed))
        .execute();
    },
    remove: async (workload) => {
      const result = await database.deleteFrom('renewals').where('workload', '=', workload).executeTakeFirst();
      return result.numDeletedRows > 0n;
    },
  };
}

const fromRow = (row: Selectable<Tables['renewals']>): RenewalRecord => ({ ...row, next: JSON.parse(row.next) });
