import { type Random, seededRandom } from '../random.ts';
import type { Corpus, World } from './corpus.ts';
import { type Case, judge } from './judge.ts';
import { breakers } from './mutate-documents.ts';
import { mutateBytes, mutateTokens } from './mutate-text.ts';

export type Failure = {
  readonly index: number;
  readonly mutation: string;
  readonly complaint: string;
  readonly text: string;
};
export type Tally = { readonly cases: number; readonly refused: number; readonly slowest: number };
export type Outcome = { readonly failures: readonly Failure[]; readonly tallies: ReadonlyMap<string, Tally> };

/** Failures after which nothing new is learned. */
const failureLimit = 10;

/**
 * Inputs `first` to `first + count - 1` of a seed; each depends on the seed and its own number alone, so that one that
 * failed is had again by itself. `now`: processor time in milliseconds.
 */
export function fuzz(
  corpus: Corpus,
  { seed, first, count }: { readonly seed: number; readonly first: number; readonly count: number },
  now: () => number,
): Outcome {
  const failures: Failure[] = [];
  const tallies = new Map<string, Tally>();
  for (let index = first; index < first + count && failures.length < failureLimit; index++) {
    const random = seededRandom(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
    const { mutation, ...one } = makeCase(random, random.pick(random.chance(0.25) ? corpus.whole : corpus.single));
    const { complaint, refused, time } = judge(one, now);
    const { cases, refused: before, slowest } = tallies.get(mutation) ?? { cases: 0, refused: 0, slowest: 0 };
    tallies.set(mutation, { cases: cases + 1, refused: before + Number(refused), slowest: Math.max(slowest, time) });
    const text = one.files.map((file) => file.text).join('\n---\n');
    if (complaint !== null) failures.push({ index, mutation, complaint, text });
  }
  return { failures, tallies };
}

function makeCase(random: Random, world: World): Case & { readonly mutation: string } {
  const format = random.chance(0.1);
  const choice = random.below(10);
  if (choice < 4) {
    const at = random.below(world.files.length);
    const [mutation, mutate] = choice < 2 ? (['bytes', mutateBytes] as const) : (['tokens', mutateTokens] as const);
    const files = world.files.map((file, index) =>
      index === at ? { ...file, text: mutate(random, file.text) } : file,
    );
    return { mutation, files, codes: null, format };
  }
  // Not every way to break documents finds something in these.
  for (let tries = 0; tries < 20; tries++) {
    const mutation = random.pick(Object.keys(breakers));
    const broken = breakers[mutation]?.(random, world.documents) ?? null;
    if (broken === null) continue;
    return { mutation, files: [{ file: 'f.yaml', text: broken.text }], codes: broken.codes, format };
  }
  return { mutation: 'none', files: world.files, codes: null, format };
}
