import type { Inventory } from '@bulkhead/wire/messages.ts';
import type { AgentsDoor } from './agents-door.ts';
import type { SynthEdge } from './edges.ts';
import { type SynthAgent, SynthSession } from './session.ts';
import type { SynthWorkload } from './workloads.ts';

/** A workload that enrolled. `session` is the one that stays; null: none does, or none is open yet. */
export type Reporter = {
  readonly workload: SynthWorkload;
  readonly edges: readonly SynthEdge[];
  readonly agent: SynthAgent;
  session: SynthSession | null;
};

export type Stay = { readonly door: AgentsDoor; readonly stay: boolean };

/** Does the work in the session that is open, or in a new one, which is closed behind it unless sessions stay. */
export async function inSession(
  reporter: Reporter,
  { door, stay }: Stay,
  work: (session: SynthSession) => Promise<void>,
): Promise<void> {
  const kept = reporter.session?.open === true ? reporter.session : null;
  const session = kept ?? (await SynthSession.open(door, reporter.agent));
  reporter.session = stay ? session : null;
  await work(session).finally(() => stay || session.close());
}

export function inventoryOf({ name, v4, v6, server }: SynthWorkload): Inventory {
  const { protocol, port, process, unit, user } = server;
  return {
    hostname: name,
    kernel: 'synthetic',
    system: 'Debian GNU/Linux 13 (trixie)',
    addresses: [v4, v6].flatMap((address) => (address === null ? [] : [{ interface: 'eth0', address }])),
    listeners: [{ protocol, address: '0.0.0.0', port, process, unit, package: null, user }],
  };
}
