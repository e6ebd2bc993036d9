import type { Decision } from '@bulkhead/model/decision.ts';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';

/**
 * A decision about a peer, and what decides instead while the peer is an address of some domain name: the first that
 * applies, which is looked at in the same way (SPEC Y6). Two that say the same for every set of names need not be equal.
 */
export type NamedDecision = Decision & { readonly named?: readonly Alternative[] };
export type Alternative = { readonly name: string; readonly instead: NamedDecision };

/** The decision about a peer that is an address of exactly these names. */
export function decisionFor(decision: NamedDecision, names: ReadonlySet<string>): Decision {
  const found = decision.named?.find(({ name }) => names.has(name));
  return found === undefined ? decision : decisionFor(found.instead, names);
}

/** Whether for some set of names the first allows, effectively, and the second denies. */
export function closes(was: NamedDecision, is: NamedDecision): boolean {
  const name = firstName(was, is);
  if (name === null) return was.effective.verdict === 'allow' && is.effective.verdict === 'deny';
  return closes(given(was, name), given(is, name)) || closes(without(was, name), without(is, name));
}

/** Whether for some set of names it denies, effectively. */
export const mayDeny = (decision: NamedDecision): boolean =>
  decision.effective.verdict === 'deny' || (decision.named ?? []).some(({ instead }) => mayDeny(instead));

/** What `combine` makes of both for every set of names. */
export function together(
  was: NamedDecision,
  is: NamedDecision,
  combine: (was: Decision, is: Decision) => Decision,
): NamedDecision {
  const named: Alternative[] = [];
  let [left, right] = [was, is];
  for (let name = firstName(left, right); name !== null; name = firstName(left, right)) {
    named.push({ name, instead: together(given(left, name), given(right, name), combine) });
    [left, right] = [without(left, name), without(right, name)];
  }
  return withNamed(combine(left, right), named);
}

/** Leaves out what changes nothing. */
export function withNamed({ effective, intended }: Decision, named: readonly Alternative[]): NamedDecision {
  const plain = { effective, intended };
  const last = named.findLastIndex(({ instead }) => instead.named !== undefined || !sameDecision(instead, plain));
  return last < 0 ? plain : { ...plain, named: named.slice(0, last + 1) };
}

/** The decisions of a content by number, with the names themselves instead of their numbers. */
export function namedDecisions({ decisions, names = [] }: HostRulesetContent): (number: number) => NamedDecision {
  const texts = new Map(names.map(({ id, name }) => [id, name]));
  const made = new Map<number, NamedDecision>();
  const make = (number: number): NamedDecision => {
    const known = made.get(number);
    if (known !== undefined) return known;
    const decision = decisions[number];
    if (decision === undefined) throw new Error('A cell names a decision that is not there');
    const named = decision.named?.map(({ name, decision: inner }) => ({
      name: texts.get(name) ?? '',
      instead: make(inner),
    }));
    const { effective, intended } = decision;
    const whole = named === undefined ? { effective, intended } : { effective, intended, named };
    made.set(number, whole);
    return whole;
  };
  return make;
}

const firstName = (a: NamedDecision, b: NamedDecision): string | null => (a.named?.[0] ?? b.named?.[0])?.name ?? null;

/** As it is while the peer is an address of that name. */
function given(decision: NamedDecision, name: string): NamedDecision {
  const { named = [] } = decision;
  const at = named.findIndex((alternative) => alternative.name === name);
  const before = (at < 0 ? named : named.slice(0, at)).map((one) => ({ ...one, instead: given(one.instead, name) }));
  if (at < 0) return before.length === 0 ? decision : { ...decision, named: before };
  const then = given((named[at] as Alternative).instead, name);
  return { effective: then.effective, intended: then.intended, named: [...before, ...(then.named ?? [])] };
}

/** As it is while the peer is no address of that name. */
function without(decision: NamedDecision, name: string): NamedDecision {
  if (decision.named === undefined) return decision;
  const left = decision.named.filter((one) => one.name !== name);
  return { ...decision, named: left.map((one) => ({ ...one, instead: without(one.instead, name) })) };
}

function sameDecision(a: Decision, b: Decision): boolean {
  return (['effective', 'intended'] as const).every(
    (view) => a[view].verdict === b[view].verdict && a[view].rule === b[view].rule && a[view].tier === b[view].tier,
  );
}
