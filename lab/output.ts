import type { Finding, HoldState } from './probes.ts';
import type { EstateStatus } from './status.ts';
import type { EdgeTraffic } from './traffic-count.ts';

/** Whether an answer of the control socket means yes: what exit code 0 says. */
export function isYes(op: string, result: unknown): boolean {
  if (op === 'connect') return (result as Finding).state === 'open';
  if (op === 'hold') return (result as Partial<HoldState>).flows !== false;
  if (op === 'trigger' || op === 'run-on') return (result as { code: number }).code === 0;
  return true;
}

/** An answer of the control socket for people. */
export function formatAnswer(op: string, result: unknown): string {
  switch (op) {
    case 'status':
      return statusText(result as EstateStatus);
    case 'traffic':
      return trafficText((result as { edges: EdgeTraffic[] }).edges);
    case 'attack':
      return attackText((result as { findings: Finding[] }).findings);
    case 'trigger':
    case 'run-on': {
      const { stdout, stderr } = result as { stdout: string; stderr: string };
      return stdout + stderr;
    }
    default:
      return `${Object.entries(result as object)
        .map(([key, value]) => `${key} ${value}`)
        .join(', ')}\n`;
  }
}

function statusText(status: EstateStatus): string {
  const rows = status.hosts.map((host) => {
    const down = host.units.filter((unit) => unit.pids.length === 0).map((unit) => unit.unit);
    const memory = host.units.reduce((sum, unit) => sum + unit.memory, 0);
    const state = down.length === 0 ? 'running' : `down: ${down.join(', ')}`;
    return [host.name, host.v4, host.v6, labelText(host.labels), `${(memory / 1024).toFixed(0)} MB`, state];
  });
  return table([['host', 'ipv4', 'ipv6', 'labels', 'memory', 'units'], ...rows]);
}

const labelText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');

function trafficText(edges: readonly EdgeTraffic[]): string {
  const rows = edges.map((edge) => {
    const counts = [edge.attempts, edge.successes, edge.failures].map((count) => (edge.counted ? String(count) : '-'));
    const remark = edge.lastError ?? (edge.trigger === null ? '' : `on trigger ${edge.trigger}`);
    return [`${edge.from} -> ${edge.to}`, edge.service, ...counts, remark];
  });
  return table([['edge', 'service', 'attempts', 'ok', 'failed', 'last error'], ...rows]);
}

function attackText(findings: readonly Finding[]): string {
  const order = ['open', 'closed', 'filtered'] as const;
  const counts = order.map((state) => `${findings.filter((finding) => finding.state === state).length} ${state}`);
  const open = findings.filter((finding) => finding.state === 'open');
  const rows = open.map(({ to, address, service }) => [to, address, service, 'open']);
  return `${counts.join(', ')}\n${rows.length === 0 ? '' : table(rows)}`;
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd();
  return `${rows.map(line).join('\n')}\n`;
}
