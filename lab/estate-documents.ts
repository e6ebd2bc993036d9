import type { Host, Lab } from './lab-file.ts';

/** The lab's hosts as Workload documents, which the offline commands read. */
export function estateDocuments(lab: Lab): string {
  const head = `# The hosts of the "${lab.name}" lab; written by \`bulkhead lab estate\`, never by hand.\n`;
  return head + lab.hosts.map(workload).join('---\n');
}

function workload(host: Host): string {
  const labels = Object.entries(host.labels).map(([key, value]) => `${key}: ${value}`);
  const enforcer = host.managed ? '' : 'enforcer: none\n';
  return `kind: Workload
name: ${host.name}
labels: {${labels.join(', ')}}
addresses: [${host.v4}, "${host.v6}"]
${enforcer}`;
}
