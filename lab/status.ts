import { readFileSync } from 'node:fs';
import { agentUnit } from './agents.ts';
import type { Estate } from './estate.ts';
import { unitProcesses } from './host-process.ts';
import type { Host } from './lab-file.ts';

/** Memory is what the processes hold alone plus their share of what they share (PSS), in kilobytes. */
export type UnitStatus = { readonly unit: string; readonly pids: readonly number[]; readonly memory: number };
export type HostStatus = Pick<Host, 'name' | 'segment' | 'v4' | 'v6' | 'labels' | 'managed' | 'guests'> & {
  readonly units: readonly UnitStatus[];
};
export type EstateStatus = {
  readonly lab: string;
  readonly domain: string;
  readonly agents: boolean;
  readonly hosts: readonly HostStatus[];
};

export function estateStatus(estate: Estate): EstateStatus {
  const { lab, controllerSocket } = estate.site;
  const agents = controllerSocket !== null;
  return {
    lab: lab.name,
    domain: lab.domain,
    agents,
    hosts: lab.hosts.map((host) => hostStatus(estate, host, agents)),
  };
}

function hostStatus(estate: Estate, host: Host, agents: boolean): HostStatus {
  const { name, segment, v4, v6, labels, managed, guests } = host;
  const expected = [...estate.unitsAt(host, 'daemon'), ...estate.unitsAt(host, 'traffic')].map((unit) => unit.name);
  const units = agents && managed ? [...expected, agentUnit] : expected;
  return { name, segment, v4, v6, labels, managed, guests, units: units.map((unit) => unitStatus(estate, host, unit)) };
}

function unitStatus(estate: Estate, host: Host, unit: string): UnitStatus {
  const pids = unitProcesses(estate.site, host, unit);
  return { unit, pids, memory: pids.reduce((sum, pid) => sum + memoryOf(pid), 0) };
}

function memoryOf(pid: number): number {
  try {
    return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}
