import type { Amendment } from '../back-end.ts';
import { baseChains } from './base-chains.ts';
import { defaultNftOptions, type NftOptions } from './options.ts';
import { addressElement, addressMapName, identityNames } from './peer-maps.ts';
import { chainLines, elementText } from './render.ts';
import type { ChainShape } from './shape.ts';
import { heldChain } from './table-shape.ts';

/** One transaction that changes only elements, the numbers held and, when the revision changed, the stamp. */
export function renderDelta({ base, next, addresses }: Amendment, options: NftOptions = defaultNftOptions): string {
  const names = identityNames(next.content.identities);
  const elements = (verb: 'add' | 'delete', map: string, text: string) =>
    `${verb} element inet ${options.table} ${map} { ${text} }`;
  const chains: ChainShape[] = [
    heldChain({ ruleset: next, structure: base.structure, copy: base.copy }),
    ...(base.revision === next.revision ? [] : baseChains({ ruleset: next, copy: base.copy, options })),
  ];
  const lines = [
    ...addresses.removed.map(({ address }) => elements('delete', addressMapName(base.copy, address), address)),
    ...addresses.added.map(({ address, identity }) =>
      elements('add', addressMapName(base.copy, address), elementText(addressElement(address, identity, names))),
    ),
    ...chains.map((chain) => `flush chain inet ${options.table} ${chain.name}`),
    `table inet ${options.table} {`,
    ...chains.flatMap(chainLines),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}
