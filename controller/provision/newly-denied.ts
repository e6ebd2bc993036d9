import type { EdgeEnd, LabelledReport } from '@bulkhead/flows/edge.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { isIsolationRule } from '@bulkhead/policy/isolation.ts';
import type { DeniedExample, DeniedGroup } from '../store/provisions.ts';
import type { Accepted, AcceptedFlow } from './wave-settings.ts';

/** Since when a host enforces the newer version, by our clock and by the number of its ruleset. */
export type NarrowedHost = { readonly since: number; readonly generation: number };

/** One pair of ends and one service that narrowed hosts denied. Processes are not told apart. */
export type DeniedFlow = {
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  readonly service: number;
  readonly reporter: string;
  readonly rule: string | null;
  /** When the wave of the host that reported it came. */
  readonly since: number;
  attempts: number;
};

/** Different flows that are looked into; a worm that scans makes more, and none of those was allowed before. */
const flowLimit = 5000;
const groupLimit = 20;
const exampleLimit = 3;

/** What hosts deny since their wave came, added up as reports come in. */
export class DeniedFlows {
  readonly #hosts = new Map<string, NarrowedHost>();
  readonly #flows = new Map<string, DeniedFlow>();
  #overflow = 0;

  narrow(workload: string, host: NarrowedHost): void {
    this.#hosts.set(workload, host);
  }

  /** Reports of flows that found no room. */
  get overflow(): number {
    return this.#overflow;
  }

  note({ reporter, from, to, report }: LabelledReport): void {
    // What an isolation stops is no fault of the version that is on its way.
    if (report.effective !== 'deny' || isIsolationRule(report.effectiveRule)) return;
    const host = this.#hosts.get(reporter);
    // Either says so: a delta leaves the number in records as it was, and a host's clock may be behind.
    if (host === undefined || (report.last < host.since && report.generation < host.generation)) return;
    const key = flowKey({ from, to, service: report.service });
    const known = this.#flows.get(key);
    if (known !== undefined) known.attempts += report.count;
    else if (this.#flows.size >= flowLimit) this.#overflow++;
    else {
      const { service, count: attempts, effectiveRule: rule } = report;
      this.#flows.set(key, { from, to, service, reporter, rule, since: host.since, attempts });
    }
  }

  /** One that may have been noted already. */
  noteMissed(labelled: LabelledReport): void {
    const { from, to, report } = labelled;
    if (!this.#flows.has(flowKey({ from, to, service: report.service }))) this.note(labelled);
  }

  flows(): ReadonlyMap<string, DeniedFlow> {
    return this.#flows;
  }
}

export type FlowEnds = Pick<DeniedFlow, 'from' | 'to' | 'service'>;

/** As a probe names it, and as it is accepted. */
export const nameOf = (end: EdgeEnd): string => (end.kind === 'workload' ? end.name : end.address);
export const flowKey = ({ from, to, service }: FlowEnds): string =>
  `${nameOf(from)} -> ${nameOf(to)} ${formatServicePoint(service)}`;
const acceptedKey = ({ from, to, service }: AcceptedFlow): string => `${from} -> ${to} ${service}`;

/** A flow that was let through before and is denied now; `foreseen`: the difference of the two versions says so. */
export type NewlyDenied = DeniedFlow & { readonly foreseen: boolean };

/** Those that count against the budget: all but the accepted ones. */
export function countedFlows(flows: readonly NewlyDenied[], accept: Accepted): NewlyDenied[] {
  if (accept === 'nothing') return [...flows];
  if (accept === 'foreseen') return flows.filter(({ foreseen }) => !foreseen);
  const accepted = new Set(accept.map(acceptedKey));
  // What was accepted was foreseen. The same flow denied for another reason is not what anybody agreed to.
  return flows.filter((flow) => !flow.foreseen || !accepted.has(flowKey(flow)));
}

/** Flows by the labels of their ends, most attempts first. */
export function groupFlows(flows: readonly NewlyDenied[]): {
  readonly groups: readonly DeniedGroup[];
  readonly omitted: number;
} {
  const byLabels = Map.groupBy(flows, (flow) => JSON.stringify(labelled(flow)));
  const groups = [...byLabels.values()]
    .map((members) => groupOf(members))
    .sort((a, b) => b.attempts - a.attempts || (a.from + a.to < b.from + b.to ? -1 : 1));
  return { groups: groups.slice(0, groupLimit), omitted: Math.max(groups.length - groupLimit, 0) };
}

function groupOf(members: readonly NewlyDenied[]): DeniedGroup {
  const [first] = members as readonly [NewlyDenied];
  return {
    ...labelled(first),
    flows: members.length,
    attempts: members.reduce((sum, { attempts }) => sum + attempts, 0),
    examples: members.slice(0, exampleLimit).map(exampleOf),
  };
}

function exampleOf({ from, to, service, reporter, rule, foreseen }: NewlyDenied): DeniedExample {
  const ends = { from: nameOf(from), to: nameOf(to), service: formatServicePoint(service) };
  return { ...ends, reporter, rule, foreseen };
}

const labelled = ({ from, to, service }: FlowEnds) => ({
  from: labelsText(from),
  to: labelsText(to),
  service: formatServicePoint(service),
});

function labelsText(end: EdgeEnd): string {
  if (end.kind === 'address') return 'no workload';
  const labels = Object.entries(end.labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return labels.length === 0 ? end.name : labels.map(([key, value]) => `${key}=${value}`).join(',');
}
