import type { PolicyException, PolicyRule } from './language/policy-rule.ts';
import type { Policy } from './policy.ts';
import type { Who } from './probe.ts';

/** Who the ends of a connection have to be. Null: anybody. */
export type Asks = {
  readonly fromProcess: string | null;
  readonly toProcess: string | null;
  readonly users: ReadonlySet<string> | null;
};

/** What an end knows of a connection; undefined: nothing. */
export type Known = {
  /** By these names the process is known; none: no rule names it. */
  readonly fromProcess: readonly string[] | undefined;
  readonly toProcess: readonly string[] | undefined;
  /** The user is one of these, at least one; null stands for one whom no rule names. */
  readonly users: readonly (string | null)[] | undefined;
};

/** A host that tells neither processes nor users apart (SPEC U7). */
export const nothingKnown: Known = { fromProcess: undefined, toProcess: undefined, users: undefined };

/** Whether some rule asks who the ends are. */
export const isConditional = ({ rules }: Policy): boolean => questionsOf(rules).asked.length > 0;

/**
 * The policy as it is for connections of which so much is known: without a rule that asks for anything, and the same
 * decisions (SPEC U4). What a policy was settled for is kept with its rules.
 */
export function settleIdentity(policy: Policy, known: Known): Policy {
  const questions = questionsOf(policy.rules);
  if (questions.asked.length === 0) return policy;
  const key = keyOf(questions, known);
  const settled = questions.settled.get(key) ?? policy.rules.flatMap((rule) => settleRule(rule, known));
  questions.settled.set(key, settled);
  return { ...policy, rules: settled };
}

/** Of what is asked for, that which an end does not know. */
export function askedUnknown(asks: Asks, known: Known): readonly string[] {
  return [
    ...(asks.fromProcess !== null && known.fromProcess === undefined ? ['the process of the source'] : []),
    ...(asks.toProcess !== null && known.toProcess === undefined ? ['the process of the destination'] : []),
    ...(asks.users !== null && (known.users === undefined || known.users.length > 1) ? ['the user'] : []),
  ];
}

type Questions = {
  readonly asked: readonly Asks[];
  readonly processes: ReadonlySet<string>;
  readonly userSets: readonly ReadonlySet<string>[];
  readonly settled: Map<string, readonly PolicyRule[]>;
};

const kept = new WeakMap<readonly PolicyRule[], Questions>();

function questionsOf(rules: readonly PolicyRule[]): Questions {
  const known = kept.get(rules);
  if (known !== undefined) return known;
  const asked = rules.flatMap(asksOfRule);
  const userSets = new Map(
    asked.flatMap(({ users }) => (users === null ? [] : [[[...users].sort().join('\n'), users]])),
  );
  const questions: Questions = {
    asked,
    processes: new Set(
      asked.flatMap(({ fromProcess, toProcess }) => [fromProcess, toProcess]).filter((p) => p !== null),
    ),
    userSets: [...userSets.values()],
    settled: new Map(),
  };
  kept.set(rules, questions);
  return questions;
}

const nobodyAsks: readonly Asks[] = [];

function asksOfRule({ asks, except }: PolicyRule): readonly Asks[] {
  if (asks === null && except.length === 0) return nobodyAsks;
  return [asks, ...except.map((exception) => exception.asks)].filter((said) => said !== null);
}

/** Equal for all that the rules cannot tell apart. */
function keyOf({ processes, userSets }: Questions, { fromProcess, toProcess, users }: Known): string {
  const named = (names: readonly string[] | undefined) => names?.filter((name) => processes.has(name)).sort() ?? null;
  const told = users === undefined ? null : [...new Set(users.map((user) => membership(userSets, user)))].sort();
  return JSON.stringify([named(fromProcess), named(toProcess), told]);
}

const membership = (sets: readonly ReadonlySet<string>[], user: string | null): string =>
  sets.map((set) => (user !== null && set.has(user) ? '1' : '0')).join('');

/** One of the things that can be the case where something is not known. */
type Case = {
  readonly fromProcess: readonly string[];
  readonly toProcess: readonly string[];
  readonly user: string | null;
};

/** An allow rule matches when it does in some case, another when it does in all of them: no rule, one, or several. */
export function settleRule(rule: PolicyRule, known: Known): readonly PolicyRule[] {
  const asked = asksOfRule(rule);
  if (asked.length === 0) return [rule];
  const cases = casesOf(asked, rule.wide ? nothingKnown : known);
  const matching = cases.filter((one) => holds(rule.asks, one));
  const excepted = (one: Case) => rule.except.filter(({ asks }) => holds(asks, one));
  if (rule.verdict !== 'allow') {
    if (matching.length < cases.length) return [];
    const possible = rule.except.filter(({ asks }) => cases.some((one) => holds(asks, one)));
    return [plain(rule, possible)];
  }
  return leastSets(matching.map(excepted)).map((except) => plain(rule, except));
}

function plain(rule: PolicyRule, except: readonly PolicyException[]): PolicyRule {
  return { ...rule, asks: null, except: except.map((exception) => ({ ...exception, asks: null })) };
}

/** The lists that hold no other of them whole: with fewer exceptions a rule matches more. */
function leastSets<T>(lists: readonly (readonly T[])[]): (readonly T[])[] {
  const least: (readonly T[])[] = [];
  for (const list of [...lists].sort((a, b) => a.length - b.length)) {
    if (!least.some((fewer) => fewer.every((item) => list.includes(item)))) least.push(list);
  }
  return least;
}

function casesOf(asked: readonly Asks[], { fromProcess, toProcess, users }: Known): Case[] {
  const processes = (names: readonly string[] | undefined, which: 'fromProcess' | 'toProcess') => {
    if (names !== undefined) return [names];
    const named = new Set(asked.map((asks) => asks[which]).filter((name) => name !== null));
    return [[], ...[...named].map((name) => [name])];
  };
  const people = users ?? representatives(asked.flatMap((asks) => asks.users ?? []));
  return processes(fromProcess, 'fromProcess').flatMap((from) =>
    processes(toProcess, 'toProcess').flatMap((to) =>
      people.map((user) => ({ fromProcess: from, toProcess: to, user })),
    ),
  );
}

/** One user for each way of being in some of the sets and not in others. */
function representatives(sets: readonly ReadonlySet<string>[]): (string | null)[] {
  const found = new Map<string, string | null>([[membership(sets, null), null]]);
  for (const set of sets) for (const user of set) found.set(membership(sets, user), user);
  return [...found.values()];
}

function holds(asks: Asks | null, { fromProcess, toProcess, user }: Case): boolean {
  if (asks === null) return true;
  return (
    (asks.fromProcess === null || fromProcess.includes(asks.fromProcess)) &&
    (asks.toProcess === null || toProcess.includes(asks.toProcess)) &&
    (asks.users === null || (user !== null && asks.users.has(user)))
  );
}

/** Whoever the rules tell apart, one for each; the first is nobody they name. Null: more than `most`. */
export function everybody(policy: Policy, most: number): readonly Who[] | null {
  if (countKinds(policy) > most) return null;
  const { sources, destinations, users } = kindsOf(policy);
  return sources.flatMap((fromProcess) =>
    destinations.flatMap((toProcess) =>
      users.map((user) => ({
        ...(fromProcess !== undefined && { fromProcess }),
        ...(toProcess !== undefined && { toProcess }),
        ...(user !== undefined && { user }),
      })),
    ),
  );
}

/** How many combinations of processes and users the rules tell apart, nobody they name included. */
export function countKinds(policy: Policy): number {
  const { sources, destinations, users } = kindsOf(policy);
  return sources.length * destinations.length * users.length;
}

/** Undefined stands for what no rule names. */
function kindsOf({ rules }: Policy) {
  const { asked } = questionsOf(rules);
  const named = (which: 'fromProcess' | 'toProcess') => [
    undefined,
    ...new Set(asked.map((asks) => asks[which]).filter((name) => name !== null)),
  ];
  const users = representatives(asked.flatMap((asks) => asks.users ?? [])).map((user) => user ?? undefined);
  return { sources: named('fromProcess'), destinations: named('toProcess'), users };
}
