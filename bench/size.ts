import { nftablesBackEnd } from '@bulkhead/enforce/nftables/driver.ts';
import { rulesetSize } from '@bulkhead/model/host-ruleset-size.ts';
import { type KernelMemory, openKernelMemory } from '@bulkhead/testkit/kernel-memory.ts';
import { noNetworkNamespaces, openNetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import type { Bench, Figure } from './figure.ts';
import { type Made, madeContent, numbered } from './made-rulesets.ts';

/** What is asked for is promised: the prediction is at most so far from what the kernel counts. */
const mostError = 0.2;

const shapes: readonly Made[] = [
  { addresses: 100 },
  { addresses: 10_000, cells: 2_000 },
  { addresses: 10_000, six: true, cells: 9_000 },
  { addresses: 100_000, cells: 20_000 },
  { addresses: 100_000, cells: 200_000 },
  { addresses: 1_000, prefixes: 5_000 },
  { addresses: 1_000, prefixes: 5_000, six: true },
  { addresses: 1_000, ports: 2_000 },
  { addresses: 1_000, decisions: 1_000 },
];

/** Kernel memory of rulesets, predicted from what they say and counted by the kernel. */
export const size: Bench = {
  about: 'kernel memory of one host ruleset, predicted and counted (root)',
  defaultRepeats: 1,
  run: async (repeats, say) => {
    const missing = await noNetworkNamespaces();
    const memory = missing === null ? openKernelMemory() : null;
    if (memory === null) {
      say(missing ?? 'Cannot count kernel memory: no memory control group can be written, one is needed');
      return [];
    }
    const figures: Figure[] = [];
    try {
      for (const shape of shapes) figures.push(...(await measure(shape, { repeats, memory, say })));
    } finally {
      memory.close();
    }
    return figures;
  },
};

type Measuring = {
  readonly repeats: number;
  readonly memory: KernelMemory;
  readonly say: (text: string) => void;
};

async function measure(shape: Made, { repeats, memory, say }: Measuring): Promise<Figure[]> {
  const content = madeContent(shape);
  const { bytes: predicted, total } = rulesetSize(content);
  const counted: number[] = [];
  for (let round = 0; round < repeats; round++) {
    const namespace = await openNetworkNamespace();
    const backEnd = nftablesBackEnd({ command: [...memory.enter, ...namespace.enter, 'nft'], timeout: 120_000 });
    const before = memory.bytes();
    const done = await backEnd.replace(numbered(content, 1));
    if (done.kind === 'failed') throw new Error(done.message);
    counted.push(memory.bytes() - before);
    await namespace.close();
    await settled(memory, before);
  }
  const name = Object.entries(shape)
    .map(([key, value]) => (value === true ? key : `${value} ${key}`))
    .join(', ');
  const errors = counted.map((bytes) => Math.abs(predicted - bytes) / Math.max(bytes, smallest));
  say(`${name}: ${total} elements, predicted ${predicted}, counted ${counted.join(' ')}`);
  return [
    { name: `${name}: counted`, unit: 'MB', shape: 'repeats', values: counted.map((bytes) => bytes / 1e6) },
    { name: `${name}: predicted`, unit: 'MB', shape: 'repeats', values: [predicted / 1e6] },
    { name: `${name}: error`, unit: '', shape: 'repeats', values: errors, most: mostError },
  ];
}

/** The kernel counts in steps, so that of less than this nothing is said. */
const smallest = 2_000_000;

/** A namespace is taken away by the kernel after the last process of it has gone. */
async function settled(memory: KernelMemory, before: number): Promise<void> {
  const end = Date.now() + 10_000;
  while (memory.bytes() > before + 300_000 && Date.now() < end) await new Promise((done) => setTimeout(done, 100));
}
