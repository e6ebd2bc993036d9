import type { Amendment } from '../back-end.ts';
import { entryChains, heldChain } from './entry-chains.ts';
import type { HeldTable } from './held-table.ts';
import type { NftOptions } from './options.ts';
import { addressElement, addressMapName, identityNames } from './peer-maps.ts';
import { chainLines, elementText } from './render.ts';
import type { ChainShape } from './shape.ts';

export type Delta = {
  readonly change: Amendment;
  readonly place: number;
  /** What the table says before and after. */
  readonly from: HeldTable;
  readonly to: HeldTable;
};

/** Those whose rules a delta writes anew. */
export function deltaChains({ from, to }: Pick<Delta, 'from' | 'to'>, options: NftOptions): ChainShape[] {
  return from.epoch === to.epoch ? [heldChain(to)] : entryChains(to, options);
}

/** One transaction that changes only elements, the numbers held and, with another epoch, the stamp. */
export function renderDelta({ change, place, from, to }: Delta, options: NftOptions): string {
  const { base, next, addresses } = change;
  const at = { place, copy: base.copy };
  const names = identityNames(next.content.identities);
  const elements = (verb: 'add' | 'delete', map: string, text: string) =>
    `${verb} element inet ${options.table} ${map} { ${text} }`;
  const chains = deltaChains({ from, to }, options);
  const lines = [
    ...addresses.removed.map(({ address }) => elements('delete', addressMapName(at, address), address)),
    ...addresses.added.map(({ address, identity }) =>
      elements('add', addressMapName(at, address), elementText(addressElement(address, identity, names))),
    ),
    ...chains.map((chain) => `flush chain inet ${options.table} ${chain.name}`),
    `table inet ${options.table} {`,
    ...chains.flatMap(chainLines),
    '}',
  ];
  return `${lines.join('\n')}\n`;
}
