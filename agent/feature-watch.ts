import type { Done } from '@bulkhead/enforce/back-end.ts';
import type { ProblemBook } from './problems.ts';

const code = 'features';

/** What the tool or the kernel of this host refuses of what rulesets need: said, and part of its capabilities. */
export class FeatureWatch {
  readonly #features: () => Promise<Done<readonly string[]>>;
  readonly #problems: ProblemBook;
  #missing: readonly string[] = [];

  constructor(features: () => Promise<Done<readonly string[]>>, problems: ProblemBook) {
    this.#features = features;
    this.#problems = problems;
  }

  /** As of the last look that told. */
  get missing(): readonly string[] {
    return this.#missing;
  }

  async look(): Promise<void> {
    const found = await this.#features();
    if (found.kind === 'failed') {
      this.#problems.set(code, `What this host can enforce is not known: ${found.message}`);
      return;
    }
    this.#missing = found.value;
    if (found.value.length === 0) this.#problems.clear(code);
    else
      this.#problems.set(
        code,
        `Cannot take new rules on this host: its nftables refuses ${found.value.join(', ')}, a newer one is needed; what it holds goes on`,
      );
  }
}
