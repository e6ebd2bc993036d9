import { parseAddress } from '@bulkhead/net/address.ts';
import type { Reach } from '@bulkhead/wire/messages.ts';

type Ends = { readonly localAddress?: string | undefined; readonly localPort?: number | undefined };

/** Where a peer reached this socket; null for what is no address that another host would connect to. */
export function reachedAt({ localAddress, localPort }: Ends): Reach | null {
  const address = parseAddress((localAddress ?? '').replace(/^::ffff:(?=\d+\.)/, ''));
  if (address === null || localPort === undefined || /^127\.|^::1$/.test(address)) return null;
  return { address, port: localPort };
}
