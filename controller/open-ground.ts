import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { LiveEdges } from '@bulkhead/flows/live-edges.ts';
import { liveSpan } from '@bulkhead/flows/time-cells.ts';
import type { Logger } from 'pino';
import { ClientCertificates } from './agents/client-certificates.ts';
import { watchDisk } from './agents/disk.ts';
import { Hosts } from './agents/hosts.ts';
import { countRefusals, type Refusal } from './agents/refusals.ts';
import { Estate } from './estate/estate.ts';
import { openEvents } from './events.ts';
import { openHistory } from './history/open-history.ts';
import type { History } from './history/types.ts';
import type { UpOptions } from './options.ts';
import { openAuthority } from './pki/authority.ts';
import { ProofBook } from './proof/proof-book.ts';
import { alarmText } from './proof/standing.ts';
import { openStore } from './store/open-store.ts';

/** What everything else stands on: stores, the estate, what is known of hosts, and who is told of what. */
export async function openGround(options: UpOptions, log: Logger) {
  const clock = () => Date.now();
  mkdirSync(options.data, { recursive: true, mode: 0o700 });
  const authority = await openAuthority(options.data, clock);
  const store = await openStore(options.data, clock);
  const history = await requireHistory(options);
  const estate = await Estate.load(store, clock);
  const refusals = countRefusals(log);
  const noticed = (refusal: Refusal, workload: string) => refusals.note(refusal, { workload });
  const broken = (error: Error & { code?: string }, workload: string) =>
    refusals.note({ code: error.code ?? 'session-broken', message: error.message }, { workload });
  const certificates = await ClientCertificates.load({ store, estate, failed: broken });
  const events = openEvents(clock().toString(36));
  const disk = watchDisk(clock, (state) => {
    events.emit('disk', state);
    log.warn(state, state.state === 'ok' ? 'the disk takes writes again' : 'the disk does not take writes');
  });
  const live = await recentEdges(history, clock);
  const changedHosts = new Set<string>();
  const hosts = new Hosts(clock, (workload) => changedHosts.add(workload));
  hosts.restore(await store.hostStates.all());
  const proofs = await ProofBook.load({
    store,
    clock,
    refused: noticed,
    changed: (workload) => changedHosts.add(workload),
    alarm: (workload, probed) => {
      events.emit('alarm', { workload, ...probed });
      log.error({ workload, probed }, alarmText(probed));
    },
  });
  return {
    ...{ clock, authority, store, history, estate, certificates, events, disk, live },
    ...{ refusals, noticed, broken, changedHosts, hosts, proofs },
  };
}

async function requireHistory({ data, historyMemory }: UpOptions): Promise<History> {
  const history = await openHistory({ directory: join(data, 'flows'), memoryLimit: historyMemory });
  if ('kind' in history) throw new Error(history.message);
  return history;
}

/** The live view as it was before the restart. */
async function recentEdges(history: History, clock: () => number): Promise<LiveEdges> {
  const live = new LiveEdges({ firstSequence: clock() * 1000 });
  const recent = await history.recent(clock() - liveSpan);
  if (!('kind' in recent)) for (const report of recent) live.add(report, clock());
  return live;
}
