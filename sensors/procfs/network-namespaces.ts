import { type Address, addressFromBytes, parseAddress } from '@bulkhead/net/address.ts';
import type { FileTree } from './file-tree.ts';

/** One process each of the network namespaces of this kernel that have one of the addresses; the namespaces of others left out. */
export function namespacesWith(addresses: ReadonlySet<Address>, files: FileTree): string[] {
  const seen = new Set([files.readLink('/proc/self/ns/net')]);
  return files
    .list('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      const namespace = files.readLink(`/proc/${pid}/ns/net`);
      if (namespace === null || seen.has(namespace)) return false;
      seen.add(namespace);
      return namespaceAddresses(pid, files).some((address) => addresses.has(address));
    });
}

/** Addresses that the network namespace of a process takes packets for. */
export function namespaceAddresses(pid: string, files: FileTree): Address[] {
  const v4 = files.readText(`/proc/${pid}/net/fib_trie`) ?? '';
  const v6 = files.readText(`/proc/${pid}/net/if_inet6`) ?? '';
  return [...new Set([...localsOfTrie(v4), ...localsOfList(v6)])];
}

/** A leaf, and behind it what the kernel does with it: `|-- 10.0.0.9` and then `/32 host LOCAL`. */
function localsOfTrie(text: string): Address[] {
  const leaves = text.matchAll(/\|-- (\S+)\n((?:\s+\/\d+ .*\n?)+)/g);
  return [...leaves].flatMap(([, leaf = '', routes = '']) =>
    /\/32 host LOCAL/.test(routes) ? (parseAddress(leaf) ?? []) : [],
  );
}

/** `fd000000000000000000000000000009 02 40 00 80 eth0` */
function localsOfList(text: string): Address[] {
  return [...text.matchAll(/^([0-9a-f]{32}) /gm)].map(([, hex = '']) => addressFromBytes(Buffer.from(hex, 'hex')));
}
