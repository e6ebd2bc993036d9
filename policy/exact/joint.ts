import { alike } from '../alike.ts';
import { plainPolicy } from '../deciding/plain.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import type { Policy } from '../policy.ts';
import type { Who } from '../probe.ts';
import { type Sides, sides, type World } from '../world.ts';
import { Axis } from './axis.ts';
import { isSameEstate } from './grouping.ts';
import { RuleBook } from './rule-book.ts';
import { RuleLists } from './rule-lists.ts';
import { sameWorkloads } from './same-workloads.ts';
import { workloadsTouched } from './touched.ts';

/** Two worlds in one numbering of ends, terms and rules. */
export type Joint = { readonly axis: Axis; readonly book: RuleBook; readonly lists: RuleLists };

/** For connections whose processes and user are these; nobody named otherwise (SPEC F6). */
export function joinWorlds(worlds: Sides<World>, who: Who = {}): Joint {
  const plain = plainWorlds(worlds, who);
  const book = new RuleBook(plain.before.policy, plain.after.policy);
  return jointOf(new Axis(plain, book.terms), book);
}

/** As `joinWorlds`, to ask for differences alone: without workloads that no rule of one world only can be about. */
export function joinChanges(worlds: Sides<World>, who: Who): Joint {
  const plain = plainWorlds(inOneEstate(worlds), who);
  const book = new RuleBook(plain.before.policy, plain.after.policy);
  const changed = sides.flatMap((side) => book.changed(side).map((position) => book.rules[position] as PolicyRule));
  const sameBehind = alike(plain.before.policy.virtualServices, plain.after.policy.virtualServices);
  const touched = book.sameTiers && sameBehind ? workloadsTouched(plain.before, book.terms, changed) : null;
  const among = touched !== null && isSameEstate(plain) ? touched : null;
  return jointOf(new Axis(plain, book.terms, among), book);
}

/** Worlds that are built apart mostly have the same workloads, and then what is known of the one estate holds. */
function inOneEstate({ before, after }: Sides<World>): Sides<World> {
  if (after === before || after.estate === before.estate || !sameWorkloads(before.estate, after.estate))
    return { before, after };
  return { before, after: { ...after, estate: before.estate } };
}

const jointOf = (axis: Axis, book: RuleBook): Joint => ({ axis, book, lists: new RuleLists(axis, book) });

function plainWorlds({ before, after }: Sides<World>, who: Who): Sides<World> {
  const plain = (world: World): World => ({ ...world, policy: plainFor(world.policy, who) });
  const first = plain(before);
  return { before: first, after: after === before ? first : plain(after) };
}

const plainPolicies = new WeakMap<Policy, Policy>();

/** Kept for nobody named: what is known of a policy is known of this object. */
function plainFor(policy: Policy, who: Who): Policy {
  if (Object.keys(who).length > 0) return plainPolicy(policy, who);
  const plain = plainPolicies.get(policy) ?? plainPolicy(policy, who);
  plainPolicies.set(policy, plain);
  return plain;
}
