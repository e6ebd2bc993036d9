import type { Labels } from '@bulkhead/model/words.ts';
import { type AgentsDoor, type DoorAddress, enrol, openAgentsDoor } from './agents-door.ts';
import { clientKey } from './client-key.ts';
import type { ControllerApi } from './controller-api.ts';
import { eachOf, type Width } from './each-of.ts';
import type { Plan } from './plan.ts';
import type { Progress } from './progress.ts';
import { inSession, inventoryOf, type Reporter } from './reporter.ts';
import type { SynthWorkload } from './workloads.ts';

export type EnrolmentParts = {
  readonly api: ControllerApi;
  readonly address: DoorAddress;
  readonly progress: Progress;
  readonly at: Width;
  readonly stay: boolean;
};

export type Enrolled = { readonly door: AgentsDoor; readonly reporters: readonly Reporter[] };

/**
 * Every reporter through the agents' door: a pairing key per label set, a signing request, a certificate, and a first
 * session that says its addresses, so that every peer has an owner before anybody reports.
 */
export async function enrolReporters(plan: Plan, parts: EnrolmentParts): Promise<Enrolled> {
  const { api, address, progress, at, stay } = parts;
  const keys = await pairingKeys(plan, api, at);
  const [first] = keys.values();
  if (first === undefined) throw new Error('Cannot enrol: no workload reports');
  const door = await openAgentsDoor(address, first);
  // One key pair for all: whose certificate it is stands in the certificate, and nobody else uses these.
  const { key, csr } = await clientKey();
  const reporters: Reporter[] = [];
  const step = progress('enrolled', plan.reports.size);
  await eachOf(plan.reports, at, async ([workload, edges]) => {
    const pairingKey = keys.get(labelText(workload.labels)) ?? '';
    const cert = await enrol(door, { pairingKey, csr, hostname: workload.name });
    const agent = { name: workload.name, identity: { key, cert }, held: null };
    const reporter: Reporter = { workload, edges, agent, session: null };
    await inSession(reporter, { door, stay }, (session) => session.inventory(inventoryOf(workload)));
    reporters.push(reporter);
    step.add(1);
  });
  step.end();
  return { door, reporters };
}

async function pairingKeys(plan: Plan, api: ControllerApi, at: Width): Promise<Map<string, string>> {
  const groups = new Map<string, SynthWorkload[]>();
  for (const workload of plan.reports.keys()) {
    const text = labelText(workload.labels);
    groups.set(text, [...(groups.get(text) ?? []), workload]);
  }
  const keys = new Map<string, string>();
  await eachOf(groups, at, async ([text, members]) => {
    const body = JSON.stringify({ labels: members[0]?.labels, uses: members.length });
    const made = await api.ask({ method: 'POST', path: '/pairing-keys', type: 'application/json', body });
    keys.set(text, (made as { readonly key: string }).key);
  });
  return keys;
}

const labelText = (labels: Labels): string => JSON.stringify(labels);
