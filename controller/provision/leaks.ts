import { formatServicePoint, parseServiceRange } from '@bulkhead/net/service-space.ts';
import { decide } from '@bulkhead/policy/decide.ts';
import { type Difference, diffInSteps } from '@bulkhead/policy/diff.ts';
import type { Progress } from '@bulkhead/policy/exact/steps.ts';
import { sealed } from '@bulkhead/policy/isolation.ts';
import type { Probe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';

/** What passes to or from what is isolated, by what lets it pass. */
export type Leak = {
  /** The rule that allows it; null: no rule does, and no end stops it. */
  readonly rule: string | null;
  readonly tier: string | null;
  readonly services: readonly string[];
  /** Pairs of ends, as selectors, addresses or names of the DNS would say them; the first of them. */
  readonly between: readonly { readonly from: string; readonly to: string }[];
  /** How many more pairs there are. */
  readonly omitted: number;
  /** A connection that passes. */
  readonly example: Probe;
};

export type Leaks = {
  /** Exact up to 2^53: cells between workloads, see SPEC F1. */
  readonly cells: number;
  readonly items: readonly Leak[];
};

/** Pairs told of each; nobody reads more. */
const pairsTold = 20;

type Asked = {
  readonly world: World;
  readonly ids: readonly number[];
  /** Managed workloads whose hosts are not known to hold what is meant: they stop nothing. */
  readonly unproven: ReadonlySet<string>;
};

/** SPEC Q8. By rule, the most far-reaching tier first. */
export function* leaksInSteps({ world, ids, unproven }: Asked): Generator<Progress, Leaks> {
  const weak = weakened(world, unproven);
  const { opened } = yield* diffInSteps({ ...world, policy: sealed(world.policy, ids) }, weak, 'effective');
  const found = new Map<string, Gathered>();
  for (const { from, to, services, example } of rectanglesOf(opened)) {
    for (const service of services) {
      const probe = { ...example, service: oneOf(service) };
      const by = letsPass(weak, probe);
      const leak = found.get(by.rule ?? '') ?? { ...by, services: new Set(), pairs: new Map(), example: probe };
      found.set(by.rule ?? '', leak);
      leak.services.add(service);
      const pair = { from: endText(from, example.from), to: endText(to, example.to) };
      leak.pairs.set(JSON.stringify(pair), pair);
    }
  }
  return { cells: opened.cells, items: [...found.values()].sort(byRule).map(told) };
}

/** Membership by name is nobody's label: then the workload itself is named. */
const endText = (selector: string, example: string): string =>
  selector.replaceAll(/(^|,)isolation:\d+=member/g, '').replace(/^,/, '') || example;

type Gathered = Pick<Leak, 'rule' | 'tier' | 'example'> & {
  readonly services: Set<string>;
  readonly pairs: Map<string, Leak['between'][number]>;
};

/** What nobody allows first. */
const byRule = (a: Gathered, b: Gathered): number => ((a.rule ?? '') < (b.rule ?? '') ? -1 : 1);

function told({ services, pairs, ...leak }: Gathered): Leak {
  const between = [...pairs.values()].slice(0, pairsTold);
  return { ...leak, services: [...services], between, omitted: pairs.size - between.length };
}

function weakened(world: World, unproven: ReadonlySet<string>): World {
  if (unproven.size === 0) return world;
  const workloads = world.estate.workloads.map((each) =>
    unproven.has(each.name) ? { ...each, enforced: false } : each,
  );
  const byName = new Map(workloads.map((each) => [each.name, each]));
  const owners = new Map(
    [...world.estate.owners].map(([network, owned]) => [
      network,
      new Map(
        [...owned].map(([address, owner]) => [address, owner === null ? null : (byName.get(owner.name) ?? null)]),
      ),
    ]),
  );
  return { ...world, estate: { ...world.estate, workloads, byName, owners } };
}

const rectanglesOf = ({ rectangles, addressRectangles, nameRectangles = [] }: Difference['opened']) => [
  ...rectangles,
  ...addressRectangles,
  ...nameRectangles,
];

/** The first service of a text such as `tcp/20-25`, for a question. */
function oneOf(service: string): string {
  const range = service === 'all' ? null : parseServiceRange(service);
  return range === null ? 'tcp/1' : formatServicePoint(range.first);
}

/** The rule at the end that knows most of it: where both let it pass, they name the same. */
function letsPass(
  { policy, estate }: World,
  probe: Probe,
): { readonly rule: string | null; readonly tier: string | null } {
  const answer = decide(policy, estate, probe);
  if (isProblem(answer)) return { rule: null, tier: null };
  const { outbound, inbound } = answer.effective;
  const named = [inbound, outbound].find((end) => end != null && end.rule !== null);
  return { rule: named?.rule ?? null, tier: named?.tier ?? null };
}
