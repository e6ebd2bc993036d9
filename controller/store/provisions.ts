import { defaultLiveMode, type LiveMode } from '@bulkhead/model/words.ts';
import type { Kysely, Selectable } from 'kysely';
import type { WaveSettings } from '../provision/wave-settings.ts';
import type { Tables } from './schema.ts';

/** `incomplete`: some host failed or did not answer, or a newer version came first. */
export type ProvisionState = 'running' | 'done' | 'incomplete' | 'rolled-back';

/** `away`: not connected, gets the version when it comes back. `timeout`: connected, did not answer in time. */
export type HostProgress = {
  readonly workload: string;
  readonly phase: 'widen' | 'narrow';
  /** The wave it is narrowed in, from 1; null: nothing is taken away from it, or that was before there were waves. */
  readonly wave: number | null;
  readonly state: 'waiting' | 'sent' | 'applied' | 'failed' | 'away' | 'timeout';
  readonly generation: number | null;
  readonly problem: string | null;
  readonly at: number;
};

/** `watching`: its hosts have answered, and reports are looked at until `watchedUntil`. */
export type WaveProgress = {
  readonly wave: number;
  readonly state: 'running' | 'watching' | 'passed' | 'stopped';
  readonly hosts: number;
  readonly startedAt: number;
  readonly watchedUntil: number | null;
  /** Flows so far, over all waves, and hosts of this one. */
  readonly newlyDenied: number;
  readonly failed: number;
};

/** Newly denied flows whose ends carry the same labels. */
export type DeniedGroup = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly flows: number;
  readonly attempts: number;
  readonly examples: readonly DeniedExample[];
};

/** `foreseen`: the newer policy denies it and the older did not; else what denies it is not in the difference of the two. */
export type DeniedExample = {
  readonly from: string;
  readonly to: string;
  readonly service: string;
  readonly reporter: string;
  readonly rule: string | null;
  readonly foreseen: boolean;
};

/** Why a version was taken back, and which one says again what held before. */
export type RollBack = {
  readonly version: number;
  readonly equals: number;
  readonly reason: string;
  readonly flows: number;
  readonly allowed: number;
  readonly failed: readonly string[];
  readonly groups: readonly DeniedGroup[];
  /** Groups that are not listed for their number. */
  readonly omitted: number;
};

/** `former`: the version that hosts go back to. `settings` null: all hosts at once, and nothing is watched. */
export type WaveRecord = {
  readonly former: number;
  readonly settings: WaveSettings | null;
  /** What becomes of live connections that it denies. */
  readonly live: LiveMode;
  readonly waves: readonly WaveProgress[];
  readonly rolledBack: RollBack | null;
};

/** How far one provisioning came: for people, and for a controller that is started again in the middle of its waves. */
export type ProvisionRecord = {
  readonly version: number;
  readonly state: ProvisionState;
  readonly startedAt: number;
  readonly finishedAt: number | null;
  readonly hosts: readonly HostProgress[];
  /** Null: from before there were waves. */
  readonly waves: WaveRecord | null;
};

export type ProvisionStore = {
  readonly get: (version: number) => Promise<ProvisionRecord | null>;
  readonly unfinished: () => Promise<ProvisionRecord[]>;
  readonly put: (provision: ProvisionRecord) => Promise<void>;
};

export function provisionStore(database: Kysely<Tables>): ProvisionStore {
  const all = database.selectFrom('provisions').selectAll();
  return {
    get: async (version) => {
      const row = await all.where('version', '=', version).executeTakeFirst();
      return row === undefined ? null : fromRow(row);
    },
    unfinished: async () => (await all.where('state', '=', 'running').orderBy('version').execute()).map(fromRow),
    put: async (provision) => {
      const set = {
        state: provision.state,
        started_at: provision.startedAt,
        finished_at: provision.finishedAt,
        hosts: JSON.stringify(provision.hosts),
        waves: provision.waves === null ? null : JSON.stringify(provision.waves),
      };
      await database
        .insertInto('provisions')
        .values({ version: provision.version, ...set })
        .onConflict((conflict) => conflict.column('version').doUpdateSet(set))
        .execute();
    },
  };
}

function fromRow(row: Selectable<Tables['provisions']>): ProvisionRecord {
  return {
    version: row.version,
    state: row.state as ProvisionState,
    startedAt: row.started_at,
    finishedAt: row.finished_at,
    hosts: (JSON.parse(row.hosts) as HostProgress[]).map((host) => ({ ...host, wave: host.wave ?? null })),
    waves: row.waves === null ? null : { live: defaultLiveMode, ...JSON.parse(row.waves) },
  };
}
