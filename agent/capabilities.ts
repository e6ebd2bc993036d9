import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';
import { type Capabilities, forwardedTraffic, probing } from '@bulkhead/wire/messages.ts';

/** What this step of the product does not do yet is named, not left to be found out. */
const notYet = [
  'process of outbound connections',
  'process rules',
  'byte volumes',
  'reset of connections that it only forwards',
  'trials of changes of guests',
  'domain names for guests',
  'answers of name servers over TCP, TLS and HTTPS',
];

/** By family: whether the kernel shows to anybody what a bridge hands from one of its ports to another. */
const bridged = [
  { family: 'IPv4', setting: 'bridge-nf-call-iptables' },
  { family: 'IPv6', setting: 'bridge-nf-call-ip6tables' },
];

/**
 * What holds of this host at the moment: a bridge may come at any time, and a setting may change. `lacks`: what its tool or
 * kernel refuses of what rulesets need.
 */
export function capabilitiesOf(files: FileTree, lacks: readonly string[] = []): Capabilities {
  const refused = lacks.map((name) => `new rules, because nftables here refuses ${name}`);
  const absent = [...refused, ...notYet, ...unseenBridges(files)];
  return { level: 'no process', absent, covers: [forwardedTraffic, probing] };
}

function unseenBridges(files: FileTree): string[] {
  const isBridge = (name: string) => files.list(`/sys/class/net/${name}/bridge`).length > 0;
  const bridge = files.list('/sys/class/net').find(isBridge);
  if (bridge === undefined) return [];
  return bridged
    .filter(({ setting }) => files.readText(`/proc/sys/net/bridge/${setting}`)?.trim() !== '1')
    .map(
      ({ family, setting }) =>
        `${family} between containers on one bridge such as ${bridge} (net.bridge.${setting} is not 1)`,
    );
}
