import type { BackEnd, Done } from '@bulkhead/enforce/back-end.ts';
import type { HostRuleset } from '@bulkhead/model/host-ruleset.ts';

export const namesOf = (ruleset: HostRuleset | null): readonly string[] =>
  ruleset?.content.names?.map(({ name }) => name) ?? [];

/**
 * The back end, and after each change whoever follows names: a ruleset counts as taken when what is known of its names is
 * in the kernel too, so that nobody tries it out without them. An amendment changes addresses alone.
 */
export function namedKernel(kernel: BackEnd, follow: (names: readonly string[]) => Promise<void>): BackEnd {
  let names: readonly string[] = [];
  let before: readonly string[] = [];
  const following = async <T>(done: Done<T>, next: readonly string[]): Promise<Done<T>> => {
    if (done.kind === 'failed') return done;
    [before, names] = [names, next];
    await follow(next);
    return done;
  };
  return {
    replace: async (ruleset, undo) => following(await kernel.replace(ruleset, undo), namesOf(ruleset)),
    revert: async (path) => following(await kernel.revert(path), before),
    amend: (change, undo) => kernel.amend(change, undo),
    settle: () => kernel.settle(),
    held: () => kernel.held(),
    compare: (ruleset, depth) => kernel.compare(ruleset, depth),
    glance: (ruleset, turn) => kernel.glance(ruleset, turn),
    counts: () => kernel.counts(),
    whoDrops: (flow, milliseconds) => kernel.whoDrops(flow, milliseconds),
    others: () => kernel.others(),
    remove: async () => following(await kernel.remove(), []),
  };
}
