import { guestsOf } from './guests.ts';
import type { Guest, Host, Lab } from './lab-file.ts';

/** The lab's hosts and guests as Workload documents, which the offline commands read. */
export function estateDocuments(lab: Lab): string {
  const head = `# The hosts of the "${lab.name}" lab; written by \`bulkhead lab estate\`, never by hand.\n`;
  const hosts = lab.hosts.map((host) => workload(host, host.managed ? '' : unmanaged));
  const guests = guestsOf(lab.hosts).map(({ host, guest }) =>
    workload(guest, host.managed ? `host: ${host.name}\n` : unmanaged),
  );
  return head + [...hosts, ...guests].join('---\n');
}

const unmanaged = 'enforcer: none\n';

function workload({ name, labels, v4, v6 }: Host | Guest, rest: string): string {
  const listed = Object.entries(labels).map(([key, value]) => `${key}: ${value}`);
  return `kind: Workload
name: ${name}
labels: {${listed.join(', ')}}
addresses: [${v4}, "${v6}"]
${rest}`;
}
