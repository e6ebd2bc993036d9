import type { Random } from '../random.ts';

export type Naming = (stem: string, index: number) => string;

/** How the objects of one cluster are called: in short, with dots, or nearly as long as the API lets a name be. */
export function randomNaming(random: Random): Naming {
  return random.pick<Naming>([
    (stem, index) => `${stem}-${index}`,
    (stem, index) => `${stem}-${index}`,
    (stem, index) => `${stem}.${index}.example-cluster.internal`,
    // The part in which they differ is at the end, where a shortened name has lost it.
    (stem, index) => `${`${stem}-`.padEnd(236, 'long-')}${index}`,
  ]);
}
