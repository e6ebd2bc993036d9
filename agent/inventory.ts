import { hostname, networkInterfaces, release } from 'node:os';
import type { FileTree } from '@bulkhead/sensors/procfs/file-tree.ts';
import { hostAddresses } from '@bulkhead/sensors/procfs/host-addresses.ts';
import type { ListenerTable } from '@bulkhead/sensors/procfs/listener-table.ts';
import type { Inventory } from '@bulkhead/wire/messages.ts';

/** What this host is and offers at the moment. */
export function takeInventory(files: FileTree, table: ListenerTable, names: Inventory['names'] = undefined): Inventory {
  return {
    hostname: hostname(),
    kernel: release(),
    system: systemName(files.readText('/etc/os-release')),
    addresses: hostAddresses(networkInterfaces()),
    listeners: table.listeners,
    ...(names === undefined ? {} : { names }),
  };
}

/** `PRETTY_NAME` of /etc/os-release; `unknown` where there is none. */
export function systemName(text: string | null): string {
  const match = /^PRETTY_NAME=(?:"([^"\n]*)"|([^\s"]+))$/m.exec(text ?? '');
  return match?.[1] ?? match?.[2] ?? 'unknown';
}
