import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { type Address, addressFamily, type Family } from '@bulkhead/net/address.ts';
import { fnv1a64 } from './count-name.ts';
import { commentLimit, quotedText } from './quoted-text.ts';
import type { SetShape } from './shape.ts';

/**
 * The addresses of each domain name, in a set of its own per family. They belong to neither copy: what was learned lives
 * on through replacements. Their elements time out, and who learned them puts them in (enforce/name-table.ts).
 */
export function nameSets({ names = [] }: HostRulesetContent): SetShape[] {
  return names.flatMap(({ name }) =>
    ([4, 6] as const).map((family) => ({
      name: nameSetName(name, family),
      type: family === 4 ? 'ipv4_addr' : 'ipv6_addr',
      comment: quotedText(name, commentLimit),
    })),
  );
}

/** Equal for equal names, whatever ruleset they stand in. */
export const nameSetName = (name: string, family: Family): string => `names${family}_${fnv1a64(name)}`;
export const isNameSet = (name: string): boolean => /^names[46]_[0-9a-f]{16}$/.test(name);
export const setOfAddress = (name: string, address: Address): string => nameSetName(name, addressFamily(address));
