import type { NftOptions } from './options.ts';
import { addressElement, addressMapName, identityNames } from './peer-maps.ts';
import { block, elementText } from './render.ts';
import { type Delta, deltaChains } from './render-delta.ts';

/**
 * Lines that give chains the rules they had, taken from the table as nft listed it before the change: a watchdog that
 * knows no ruleset runs them, and what is listed is what the kernel held. Null: one of them is not listed.
 */
export function restoredChains(listed: string, names: readonly string[], table: string): string[] | null {
  const blocks = names.map((name) => chainBlock(listed, name));
  if (blocks.some((lines) => lines.length === 0)) return null;
  return [...names.map((name) => `flush chain inet ${table} ${name}`), block(table, blocks.flat())];
}

/** Its rules are indented further than it, so the first closing bracket at its own depth ends it. Empty: not listed. */
function chainBlock(listed: string, name: string): string[] {
  const lines = listed.split('\n');
  const start = lines.indexOf(`\tchain ${name} {`);
  return start < 0 ? [] : lines.slice(start, lines.indexOf('\t}', start) + 1);
}

/**
 * The inverse of `renderDelta`, in one transaction as well. Where the delta was never made it is refused as a whole,
 * which leaves what it was to bring about. Null: not listed.
 */
export function renderDeltaUndo(
  { change, place, from, to }: Delta,
  listed: string,
  options: NftOptions,
): string | null {
  const { base, next, addresses } = change;
  const at = { place, copy: base.copy };
  const names = identityNames(next.content.identities);
  const elements = (verb: 'add' | 'delete', map: string, text: string) =>
    `${verb} element inet ${options.table} ${map} { ${text} }`;
  const restored = restoredChains(
    listed,
    deltaChains({ from, to }, options).map(({ name }) => name),
    options.table,
  );
  if (restored === null) return null;
  const lines = [
    ...addresses.added.map(({ address }) => elements('delete', addressMapName(at, address), address)),
    ...addresses.removed.map(({ address, identity }) =>
      elements('add', addressMapName(at, address), elementText(addressElement(address, identity, names))),
    ),
    ...restored,
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}
