import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type {
  Document,
  End,
  IpListDocument,
  LabelGroupDocument,
  LifelineDocument,
  RulesetDocument,
  Selector,
  ServiceDocument,
  UserGroupDocument,
  VirtualServiceDocument,
} from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { clausesOf } from '@bulkhead/model/rule-parts.ts';
import type { Intervals } from '@bulkhead/net/intervals.ts';
import { buildEstate } from '../estate.ts';
import { nothingKnown, settleRule } from '../identity.ts';
import { expandRules, ServiceSets } from '../language/expand.ts';
import { groupNamesIn, settleLabelGroups } from '../language/label-groups.ts';
import type { PolicyRule } from '../language/policy-rule.ts';
import { portKeysOf } from '../language/port-names.ts';
import { equals } from '../language/selector.ts';
import type { Term } from '../language/terms.ts';
import type { Tier } from '../language/tiers.ts';
import { type Combination, type Combinations, keysText, type Turn } from './combinations.ts';
import type { RuleStore, Slot } from './rule-store.ts';
import type { TermStore } from './term-store.ts';

/** What rules are made of; each kind has names of its own. */
export type NamedDocument =
  | RulesetDocument
  | ServiceDocument
  | IpListDocument
  | LifelineDocument
  | UserGroupDocument
  | VirtualServiceDocument
  | LabelGroupDocument;

type Parts = {
  readonly terms: TermStore;
  readonly rules: RuleStore;
  readonly tiers: readonly Tier[];
  readonly combinations: Combinations;
  /** Selectors will look at these keys. */
  readonly look: (keys: readonly string[]) => void;
};

/** Scopes are given with every expansion, so it looks at no workload. */
const { estate: nobody } = buildEstate([]);

/**
 * Policy documents -> rules in force. A changed document costs the expansion of the rulesets that name it; of those,
 * only rules that are not word for word what they were come and go.
 */
export class Sources {
  readonly #parts: Parts;
  readonly #services = new ServiceSets();
  readonly #documents = new Map<string, NamedDocument>();
  /** Slots by the key of what they were expanded from. */
  readonly #slots = new Map<string, Slot[]>();
  readonly #problems = new Map<string, readonly Problem[]>();
  /** The rules that hold whatever documents say; each expansion has them first. */
  readonly #builtIn: number;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#builtIn = this.#expandRules([]).rules.length;
    this.#lifeline();
  }

  get serviceSets(): readonly Intervals[] {
    return this.#services.sets;
  }

  get problems(): readonly Problem[] {
    return [...this.#problems.values()].flat();
  }

  /** The lists of keys that rulesets have a scope, or a rule on a named port, per combination of. */
  keyLists(): ReadonlySet<string> {
    return new Set(this.#rulesets().flatMap((ruleset) => keyListsOf(ruleset).map(keysText)));
  }

  /** By name within its kind; one of that name is replaced. Rulesets come after what they name. */
  put(document: NamedDocument): void {
    this.#documents.set(keyOf(document), document);
    this.#renew(document);
  }

  remove(kind: NamedDocument['kind'], name: string): void {
    const document = this.#documents.get(`${kind} ${name}`);
    if (document === undefined) return;
    this.#documents.delete(keyOf(document));
    if (document.kind !== 'Ruleset') this.#renew(document);
    else this.#replace(keyOf(document), []);
    this.#problems.delete(keyOf(document));
  }

  /** Combinations that came or went make and end instances. */
  turn(turns: readonly Turn[]): void {
    const turned = turns.filter(({ appeared, gone }) => appeared.length > 0 || gone.length > 0);
    if (turned.length === 0) return;
    const keysTurned = new Set(turned.map(({ keys }) => keys));
    const onPorts = this.#rulesets().filter((ruleset) => [...portKeysOf(ruleset)].some((key) => keysTurned.has(key)));
    for (const ruleset of onPorts) this.#ruleset(ruleset);
    // Those are made anew already, with every scope there is now.
    const rest = this.#rulesets().filter((ruleset) => !onPorts.includes(ruleset));
    for (const { keys, appeared, gone } of turned) {
      for (const ruleset of rest) {
        if (ruleset.scopes.kind !== 'each' || keysText(ruleset.scopes.keys) !== keys) continue;
        const left = new Set(gone);
        const slots = this.#slots.get(keyOf(ruleset)) ?? [];
        const isLeft = (slot: Slot) => left.has(this.#parts.rules.rules[slot]?.instance ?? '');
        for (const slot of slots) if (isLeft(slot)) this.#parts.rules.remove(slot);
        const kept = slots.filter((slot) => this.#parts.rules.rules[slot] !== undefined);
        const added = this.#expand(inScopes(ruleset, appeared)).map((rule) => this.#parts.rules.add(rule));
        this.#slots.set(keyOf(ruleset), [...kept, ...added]);
      }
    }
  }

  #renew(document: NamedDocument): void {
    if (document.kind === 'Lifeline') this.#lifeline();
    else if (document.kind === 'Ruleset') this.#ruleset(document);
    else for (const ruleset of this.#rulesets()) if (this.#reach(ruleset).has(keyOf(document))) this.#ruleset(ruleset);
  }

  #rulesets(): RulesetDocument[] {
    return [...this.#documents.values()].filter((document) => document.kind === 'Ruleset');
  }

  #ruleset(ruleset: RulesetDocument): void {
    this.#replace(keyOf(ruleset), this.#expand(this.#placed(ruleset)));
  }

  #placed(ruleset: RulesetDocument): RulesetDocument {
    if (ruleset.scopes.kind === 'list') return ruleset;
    this.#parts.look(ruleset.scopes.keys);
    return inScopes(ruleset, this.#parts.combinations.watch(ruleset.scopes.keys));
  }

  #lifeline(): void {
    const documents = [...this.#documents.values()].filter((document) => document.kind === 'Lifeline');
    this.#replace('Lifeline', settled(this.#expandRules(documents).rules));
  }

  #expand(ruleset: RulesetDocument): PolicyRule[] {
    const { documents, problems: ofGroups } = settleLabelGroups([...this.#named(ruleset), ruleset]);
    const expanded = this.#expandRules(documents);
    const problems = [...ofGroups, ...expanded.problems];
    if (problems.length > 0) this.#problems.set(keyOf(ruleset), problems);
    else this.#problems.delete(keyOf(ruleset));
    // Without a scope a ruleset holds everywhere; `each` of nothing holds nowhere.
    return isNowhere(ruleset) ? [] : settled(expanded.rules.slice(this.#builtIn));
  }

  /** With the numbers of this store. */
  #expandRules(documents: readonly Document[]) {
    const { terms, tiers } = this.#parts;
    const tables = {
      term: (term: Term) => terms.intern(term),
      services: (set: Intervals) => this.#services.intern(set),
    };
    return expandRules(documents, { estate: nobody, tiers, tables, portValues: (key) => this.#valuesOf(key) });
  }

  #valuesOf(key: string): readonly string[] {
    this.#parts.look([key]);
    const found = this.#parts.combinations.watch([key]);
    return found.flatMap(({ values }) => values).sort(compareBytes);
  }

  #named(ruleset: RulesetDocument): Document[] {
    return [...this.#reach(ruleset)].flatMap((key) => this.#documents.get(key) ?? []);
  }

  /** The keys of all that the ruleset points to, and of what that points to. */
  #reach(ruleset: RulesetDocument): ReadonlySet<string> {
    const reached = new Set(namesIn(ruleset));
    for (const key of reached) {
      const document = this.#documents.get(key);
      if (document !== undefined) for (const inner of namesIn(document)) reached.add(inner);
    }
    return reached;
  }

  #replace(key: string, rules: readonly PolicyRule[]): void {
    const store = this.#parts.rules;
    const old = new Map<string, Slot[]>();
    for (const slot of this.#slots.get(key) ?? []) {
      const text = JSON.stringify(store.rules[slot]);
      old.set(text, [...(old.get(text) ?? []), slot]);
    }
    const slots = rules.map(
      (rule) => (old.size === 0 ? undefined : old.get(JSON.stringify(rule))?.pop()) ?? store.add(rule),
    );
    for (const left of old.values()) for (const slot of left) store.remove(slot);
    if (slots.length === 0) this.#slots.delete(key);
    else this.#slots.set(key, slots);
  }
}

/** SPEC U7: hosts tell no processes and users apart. */
function settled(rules: readonly PolicyRule[]): PolicyRule[] {
  const plain: PolicyRule[] = [];
  for (const rule of rules) {
    if (rule.asks === null && rule.except.length === 0) plain.push(rule);
    else plain.push(...settleRule(rule, nothingKnown));
  }
  return plain;
}

const keyOf = ({ kind, name }: NamedDocument): string => `${kind} ${name}`;

function inScopes(ruleset: RulesetDocument, combinations: readonly Combination[]): RulesetDocument {
  if (ruleset.scopes.kind === 'list' || combinations.length === 0) return ruleset;
  const { keys } = ruleset.scopes;
  const selectors = combinations.map(({ name, values }): Selector => {
    return { text: name, requirements: keys.map((key, index) => equals(key, values[index] ?? '')) };
  });
  return { ...ruleset, scopes: { kind: 'list', selectors } };
}

const isNowhere = ({ scopes }: RulesetDocument): boolean => scopes.kind === 'each';

/** What its rules are made again for when combinations of it come or go. */
function keyListsOf(ruleset: RulesetDocument): (readonly string[])[] {
  const ofPorts = [...portKeysOf(ruleset)].map((key) => [key]);
  return ruleset.scopes.kind === 'each' ? [ruleset.scopes.keys, ...ofPorts] : ofPorts;
}

/** The keys of what a document points to. */
function namesIn(document: NamedDocument): readonly string[] {
  const names: string[] = [];
  for (const { named, unnamed, services } of clausesOf(document)) {
    for (const ref of services) if (ref.kind === 'service') names.push(`Service ${ref.name}`);
    for (const ends of [named, unnamed]) for (const end of ends) addNamesInEnd(names, end);
  }
  const own = document.kind === 'Ruleset' && document.scopes.kind === 'list' ? document.scopes.selectors : [];
  for (const selector of own) addGroups(names, selector);
  if (document.kind === 'VirtualService') addGroups(names, document.members.selector);
  if (document.kind === 'LabelGroup') for (const { name } of document.groups) names.push(groupKey(name));
  return names;
}

const groupKey = (name: string): string => `LabelGroup ${name}`;

function addNamesInEnd(names: string[], end: End): void {
  const user = end.identity?.user;
  if (user?.kind === 'group') names.push(`UserGroup ${user.name}`);
  if (end.kind === 'ipList') names.push(`IpList ${end.name}`);
  if (end.kind === 'virtualService') names.push(`VirtualService ${end.name}`);
  if (end.kind === 'selector') addGroups(names, end.selector);
}

function addGroups(names: string[], { requirements }: Selector): void {
  for (const name of groupNamesIn(requirements)) names.push(groupKey(name));
}
