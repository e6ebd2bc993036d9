import { plainPolicy } from '../deciding/plain.ts';
import type { Policy } from '../policy.ts';
import type { Who } from '../probe.ts';
import type { Sides, World } from '../world.ts';
import { Axis } from './axis.ts';
import { isSameEstate } from './grouping.ts';
import { RuleBook } from './rule-book.ts';
import { workloadsTouched } from './touched.ts';

/** Two worlds in one numbering of ends, terms and rules. */
export type Joint = { readonly axis: Axis; readonly book: RuleBook };

/** For connections whose processes and user are these; nobody named otherwise (SPEC F6). */
export function joinWorlds(worlds: Sides<World>, who: Who = {}): Joint {
  const plain = plainWorlds(worlds, who);
  const book = new RuleBook(plain.before.policy, plain.after.policy);
  return { axis: new Axis(plain, book.terms), book };
}

/** As `joinWorlds`, to ask for differences alone: without workloads that no rule of one world only can be about. */
export function joinChanges(worlds: Sides<World>, who: Who): Joint {
  const plain = plainWorlds(worlds, who);
  const book = new RuleBook(plain.before.policy, plain.after.policy);
  const touched = book.sameTiers ? workloadsTouched(plain.before.estate, book.terms, book.changed) : null;
  const among = touched !== null && isSameEstate(plain) ? touched : null;
  return { axis: new Axis(plain, book.terms, among), book };
}

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
