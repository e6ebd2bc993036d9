import { defaultLiveMode, type LiveMode } from '@bulkhead/model/words.ts';
import type { Stores } from '../store/open-store.ts';
import type { ProvisionRecord, RollBack } from '../store/provisions.ts';
import type { VersionRecord } from '../store/versions.ts';
import type { WaveSettings } from './wave-settings.ts';

export type RollBackReason = Omit<RollBack, 'version'>;

export type GivenUp = {
  readonly version: VersionRecord;
  readonly former: VersionRecord;
  /** How far its provisioning came. */
  readonly record: ProvisionRecord;
  readonly why: RollBackReason;
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** Who makes the versions that take others back. */
const actor = 'controller';

/**
 * The version that takes another one back, with all that says so; null where a newer one is there already and decides.
 * INVARIANT: in one transaction, so that a controller that is started again finds either a version whose waves go on or
 * one that says what held before, and never something between the two.
 */
export async function rollBack(stores: Stores, given: GivenUp): Promise<VersionRecord | null> {
  const { version, former, record, why, now } = given;
  if ((await stores.versions.current())?.number !== version.number) return null;
  const note = `rolls back version ${version.number} to what version ${former.number} says: ${why.reason}`;
  const { files, labels } = former;
  const added = await stores.versions.add({ base: version.number, files, labels, note, createdBy: actor });
  const waves = record.waves === null ? null : { ...record.waves, rolledBack: { ...why, version: added.number } };
  await stores.provisions.put({ ...record, state: 'rolled-back', finishedAt: now, waves });
  const told = { live: defaultLiveMode, former: former.number, startedAt: now };
  await stores.provisions.put(newProvision(added.number, { ...told, settings: null }));
  const { reason, flows, allowed, failed } = why;
  const detail = { by: added.number, equals: former.number, reason, flows, allowed, failed };
  await stores.audit.add({ actor, action: 'roll-back', subject: `version ${version.number}`, detail });
  return added;
}

type Told = {
  readonly settings: WaveSettings | null;
  readonly live: LiveMode;
  readonly former: number;
  readonly startedAt: number;
};

export const newProvision = (version: number, { settings, live, former, startedAt }: Told): ProvisionRecord => ({
  version,
  state: 'running',
  startedAt,
  finishedAt: null,
  hosts: [],
  waves: { former, settings, live, waves: [], rolledBack: null },
});
