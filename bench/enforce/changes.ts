import type { BackEnd, Done } from '@bulkhead/enforce/back-end.ts';
import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import { openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import type { Figure } from '../figure.ts';
import { built } from './cable.ts';
import { contentOf, numbered } from './ruleset.ts';

/** What the agent does to a kernel: the whole ruleset, one address, reading back. */
export async function measureChanges(peers: number, repeats: number): Promise<Figure[]> {
  const namespace = await openNetworkNamespace();
  const backEnd = nftablesBackEnd({
    command: [...namespace.enter, 'nft'],
    helper: [...namespace.enter, built('bulkhead-helper')],
    timeout: 120_000,
  });
  const [whole, fewer] = [contentOf(peers), contentOf(peers - 1)];
  const late = whole.addresses.slice(peers - 1);
  const times = { replace: [], amend: [], structure: [], everything: [] } as Record<string, number[]>;
  const time = async (name: string, work: () => Promise<Done<unknown>>) => {
    const began = performance.now();
    const done = await work();
    times[name]?.push(performance.now() - began);
    if (done.kind === 'failed') throw new Error(done.message);
  };
  await backEnd.replace(numbered(whole, 1));
  for (let round = 1; round <= repeats; round++) {
    const [replaced, amended] = [numbered(whole, round * 2), numbered(fewer, round * 2 + 1)];
    await time('replace', () => backEnd.replace(replaced));
    const base = await heldBy(backEnd);
    await time('amend', () => backEnd.amend({ base, next: amended, addresses: { added: [], removed: late } }));
    await time('structure', () => backEnd.compare(amended, 'structure'));
    await time('everything', () => backEnd.compare(amended, 'everything'));
  }
  await namespace.close();
  const figure = (name: string, key: string): Figure => ({
    name: `${name}, ${peers} addresses`,
    unit: 'ms',
    shape: 'repeats',
    values: times[key] ?? [],
  });
  return [
    figure('replace the whole ruleset', 'replace'),
    figure('remove one address, new revision', 'amend'),
    figure('compare structure', 'structure'),
    figure('compare everything', 'everything'),
  ];
}

async function heldBy(backEnd: BackEnd) {
  const held = await backEnd.held();
  if (held.kind === 'failed' || held.value === null) throw new Error('Cannot measure: the kernel holds nothing');
  return held.value;
}
