import type { AddressDelta } from '@bulkhead/model/host-ruleset.ts';
import type { KnownAddress } from './nodes.ts';
import type { View } from './view.ts';

/** One delta for all views in which it is the same. */
export type SharedDelta = { readonly delta: AddressDelta; readonly views: Iterable<View> };

type Change = { readonly known: KnownAddress; readonly was: number; readonly is: number };
/** All of `views` but those that have something of their own to be told. */
type Part = { readonly views: readonly View[]; readonly except: ReadonlySet<View> };

/** The same changes one after another, with those for whom these are all. */
export type Branch = {
  readonly above: Branch | null;
  readonly change: Change | null;
  /** Null while nothing follows: most branches are the last. */
  next: Map<KnownAddress, Map<number, Branch>> | null;
  readonly views: View[];
  readonly cohorts: Part[];
};

/** More than identities have numbers; two of them are one safe integer. */
const numberLimit = 2 ** 21;

/** Views in which the same addresses go from and to the same numbers come to one branch, so they share a delta. */
export class SharedDeltas {
  readonly root: Branch = newBranch(null, null);
  readonly #branches: Branch[] = [];

  after(branch: Branch, known: KnownAddress, [was, is]: readonly [was: number, is: number]): Branch {
    if (was === is) return branch;
    const pair = was * numberLimit + is;
    const found = branch.next?.get(known)?.get(pair);
    if (found !== undefined) return found;
    const made = newBranch(branch, { known, was, is });
    branch.next ??= new Map();
    const pairs = branch.next.get(known);
    if (pairs === undefined) branch.next.set(known, new Map([[pair, made]]));
    else pairs.set(pair, made);
    this.#branches.push(made);
    return made;
  }

  all(): SharedDelta[] {
    const told = this.#branches.filter(({ views, cohorts }) => views.length > 0 || cohorts.length > 0);
    return told.map((branch) => ({ delta: deltaOf(branch), views: viewsOf(branch) }));
  }
}

function newBranch(above: Branch | null, change: Change | null): Branch {
  return { above, change, next: null, views: [], cohorts: [] };
}

function deltaOf(branch: Branch): AddressDelta {
  const changes: Change[] = [];
  for (let at: Branch | null = branch; at !== null; at = at.above) if (at.change !== null) changes.unshift(at.change);
  const side = (number: 'was' | 'is') =>
    changes.flatMap((change) =>
      change[number] > 0 ? [{ address: change.known.address, identity: change[number] }] : [],
    );
  return { added: side('is'), removed: side('was') };
}

function viewsOf({ views: single, cohorts }: Branch): Iterable<View> {
  return {
    *[Symbol.iterator]() {
      yield* single;
      for (const { views, except } of cohorts) for (const view of views) if (!except.has(view)) yield view;
    },
  };
}
