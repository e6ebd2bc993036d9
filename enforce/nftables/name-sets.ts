import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import type { Family } from '@bulkhead/net/address.ts';
import { namePlace } from './copy.ts';
import { fnv1a64 } from './count-name.ts';
import { commentLimit, quotedText } from './quoted-text.ts';
import type { SetShape } from './shape.ts';

/**
 * The addresses of each domain name, in a set of its own per family. They belong to neither copy of a ruleset: what was
 * learned lives on through replacements. Elements time out; who learned them puts them in (name-table.ts).
 */
export function nameSets({ names = [] }: HostRulesetContent, place: number): SetShape[] {
  return names.flatMap(({ name }) =>
    ([4, 6] as const).map(
      (family): SetShape => ({
        name: nameSetName(place, name, family),
        type: family === 4 ? 'ipv4_addr' : 'ipv6_addr',
        elements: null,
        domain: quotedText(name, commentLimit),
      }),
    ),
  );
}

/** Equal for equal names, whatever ruleset of the place they stand in. */
export const nameSetName = (place: number, name: string, family: Family): string =>
  `${namePlace(place)}names${family}_${fnv1a64(name)}`;

export const isNameSet = (name: string): boolean => /^(g[1-9]\d{0,3}_)?names[46]_[0-9a-f]{16}$/.test(name);
