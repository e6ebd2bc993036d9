import type { LifelineDocument } from '@bulkhead/model/documents.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import type { ListenAddress } from '../agents/listen-address.ts';

export type ControllerEntry = { readonly prefix: Prefix; readonly service: ServiceRange };

/** `10.0.0.1/8444`, `10.0.0.0/24/8444`, `fd00::1/8444`: a prefix, or an address, and the TCP port of the controller. */
export function parseControllerEntry(text: string): ControllerEntry | null {
  const cut = text.lastIndexOf('/');
  if (cut < 0) return null;
  const prefix = parsePrefix(text.slice(0, cut));
  const service = /^\d+$/.test(text.slice(cut + 1)) ? parseServiceRange(`tcp/${text.slice(cut + 1)}`) : null;
  return prefix === null || service === null ? null : { prefix, service };
}

/** The addresses agents reach this controller at: where it listens, as far as that says an address, and what was given. */
export function controllerLifeline(
  listening: readonly ListenAddress[],
  given: readonly ControllerEntry[],
): LifelineDocument[] {
  const own = listening.flatMap((address) => {
    if (address.kind === 'unix' || parseAddress(address.host) === null) return [];
    // Every address, or this machine's own: not where another host would connect to.
    if (/^(0\.0\.0\.0|::|127\..*|::1)$/.test(address.host)) return [];
    return parseControllerEntry(`${address.host}/${address.port}`) ?? [];
  });
  const controllers = [...own, ...given];
  if (controllers.length === 0) return [];
  const place = { file: 'controller', line: 1, column: 1 };
  return [{ kind: 'Lifeline', name: 'this-controller', controllers, dns: [], time: [], ssh: [], place }];
}
