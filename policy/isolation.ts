import type {
  Document,
  End,
  Exception,
  Rule,
  RulesetDocument,
  Selector,
  ServiceRef,
  WorkloadDocument,
} from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import type { Prefix } from '@bulkhead/net/prefix.ts';
import { allServices, formatServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import { labelsSeen } from './estate.ts';
import type { PolicyRule } from './language/policy-rule.ts';
import { equals } from './language/selector.ts';
import type { Policy } from './policy.ts';
import { refusal } from './problems.ts';

/** Workloads that are closed but for the lifeline and rescue access (SPEC Q1-Q8). */
export type Isolation = {
  readonly id: number;
  readonly of:
    | { readonly kind: 'names'; readonly names: readonly string[] }
    | { readonly kind: 'selector'; readonly selector: Selector };
  /** Rules (`break-glass/ssh`) and rulesets (`break-glass`) of tier rescue that go on; null: all of them do. */
  readonly rescue: readonly string[] | null;
  /** Rescue access of its own. */
  readonly allow: readonly RescueAccess[];
  /** Where agents reach their controller; no isolation closes that (SPEC Q9). */
  readonly controllers: readonly { readonly prefix: Prefix; readonly service: ServiceRange }[];
};

export type RescueAccess = { readonly from: readonly End[]; readonly services: readonly ServiceRef[] };

/** Where the documents of isolations come from; no policy file is called like that. */
export const isolationPlace = { file: 'isolations', line: 1, column: 1 } as const;
const reservedPattern = /^isolation-[0-9]+(-rescue|-controller)?$/;

export const isolationName = (id: number): string => `isolation-${id}`;
const rescueName = (id: number): string => `${isolationName(id)}-rescue`;
const controllerName = (id: number): string => `${isolationName(id)}-controller`;
/** The rules that deny, in both directions. */
export const isolationRules = (id: number) => ({
  in: `${isolationName(id)}/in`,
  out: `${isolationName(id)}/out`,
});

export const isIsolationRule = (rule: string | null): boolean =>
  rule !== null && reservedPattern.test(rule.slice(0, Math.max(0, rule.indexOf('/'))));

/**
 * The label that membership by name is to selectors. Nobody can write a key of that space, so no other rule sees it.
 */
const memberSpace = 'isolation:';
const memberKey = (id: number): string => `${memberSpace}${id}`;
const memberValue = 'member';

/** SPEC Q3. The same document where no isolation names it. */
export function withMembership<T extends { readonly name: string; readonly labels: Labels }>(
  workload: T,
  isolations: readonly Isolation[],
): T {
  const own = isolations.filter(({ of }) => of.kind === 'names' && of.names.includes(workload.name));
  if (own.length === 0) return workload;
  const said = Object.fromEntries(own.map(({ id }) => [memberKey(id), memberValue]));
  return { ...workload, labels: { ...workload.labels, ...said } };
}

/** It has a label of `withMembership`. */
export const isMember = ({ labels }: Pick<WorkloadDocument, 'labels'>): boolean =>
  Object.keys(labels).some((key) => key.startsWith(memberSpace));

/** Documents that are no workloads, with what isolations say laid over them. */
export function layIsolations(documents: readonly Document[], isolations: readonly Isolation[]): readonly Document[] {
  if (isolations.length === 0) return documents;
  // SPEC Q6: two of one name would leave no policy at all, and so nothing that is closed.
  const taken = new Set(isolations.flatMap(({ id }) => [isolationName(id), rescueName(id), controllerName(id)]));
  const laid = documents.flatMap((document): Document[] => {
    if (document.kind !== 'Ruleset') return [document];
    if (taken.has(document.name)) return [];
    return [document.tier === 'rescue' ? withoutRescue(document, isolations) : document];
  });
  const own = isolations.flatMap((isolation) => {
    const others = isolations.filter((other) => other !== isolation);
    const isRescue = ({ name }: RulesetDocument) => name === rescueName(isolation.id);
    return documentsOf(isolation).map((each) => (isRescue(each) ? withoutRescue(each, others) : each));
  });
  return [...laid, ...own];
}

/** SPEC Q6: names that policy files leave to isolations. */
export function reservedNames(documents: readonly Document[]): Problem[] {
  return documents.flatMap((document) => {
    if (document.kind !== 'Ruleset' || !reservedPattern.test(document.name)) return [];
    const message = `Cannot use ruleset "${document.name}": the name belongs to isolations, choose another`;
    return [refusal({ code: 'reserved-name', message, place: document.place })];
  });
}

/** Whose ends are closed, as of these workloads. */
export function isIsolated({ of }: Isolation, workload: WorkloadDocument): boolean {
  if (of.kind === 'names') return of.names.includes(workload.name);
  return requirementsMatch(of.selector.requirements, labelsSeen(workload));
}

/**
 * The policy as if nothing at all passed to or from what is isolated: what passes in the policy and not in this one is
 * what still leaks.
 */
export function sealed(policy: Policy, ids: readonly number[]): Policy {
  const names = new Set(ids.flatMap((id) => Object.values(isolationRules(id))));
  const denies = policy.rules.filter(({ id }) => names.has(id));
  const first = denies.map((rule): PolicyRule => ({ ...rule, tier: 0, except: [] }));
  return { ...policy, rules: [...first, ...policy.rules] };
}

function documentsOf(isolation: Isolation): RulesetDocument[] {
  const { id, allow, controllers } = isolation;
  const members = [membersOf(isolation)];
  const anybody: End = { kind: 'any', identity: null };
  const all: readonly ServiceRef[] = [{ kind: 'range', range: allServices, text: 'all' }];
  const closed = ruleset(isolationName(id), 'emergency', [
    rule({ name: 'in', verdict: 'deny', from: [anybody], to: members, services: all }),
    rule({ name: 'out', verdict: 'deny', from: members, to: [anybody], services: all }),
  ]);
  const control = controllers.map(({ prefix, service }, index) => {
    const services: readonly ServiceRef[] = [
      { kind: 'range', range: service, text: formatServiceRange(service) ?? '' },
    ];
    const to: End = { kind: 'prefix', prefix, identity: null };
    return rule({ name: `reach-${index + 1}`, verdict: 'allow', from: members, to: [to], services });
  });
  const access = allow.map(({ from, services }, index) =>
    rule({ name: `allow-${index + 1}`, verdict: 'allow', from, to: members, services }),
  );
  return [
    closed,
    ...(control.length === 0 ? [] : [ruleset(controllerName(id), 'rescue', control)]),
    ...(access.length === 0 ? [] : [ruleset(rescueName(id), 'rescue', access)]),
  ];
}

/** SPEC Q4. Denies of the tier stay: they take nothing away from what is closed. */
function withoutRescue(document: RulesetDocument, isolations: readonly Isolation[]): RulesetDocument {
  const rules = document.rules.map((rule) => {
    if (rule.verdict === 'deny') return rule;
    const closing = isolations.filter(({ rescue }) => rescue !== null && !isNamed(rescue, document.name, rule.name));
    if (closing.length === 0) return rule;
    const except = closing.flatMap((isolation): Exception[] => {
      const members = [membersOf(isolation)];
      return [
        { from: members, to: null, services: null },
        { from: null, to: members, services: null },
      ];
    });
    return { ...rule, except: [...rule.except, ...except] };
  });
  return { ...document, rules };
}

const isNamed = (rescue: readonly string[], ruleset: string, rule: string): boolean =>
  rescue.includes(ruleset) || rescue.includes(`${ruleset}/${rule}`);

function membersOf({ id, of }: Isolation): End {
  const requirements = of.kind === 'selector' ? of.selector.requirements : [equals(memberKey(id), memberValue)];
  const text = of.kind === 'selector' ? of.selector.text : `${memberKey(id)}=${memberValue}`;
  // Outside of any scope: the rules of rescue rulesets stand in scopes of their own.
  return { kind: 'selector', selector: { text, requirements }, scoped: false, identity: null };
}

const ruleset = (name: string, tier: string, rules: readonly Rule[]): RulesetDocument => ({
  kind: 'Ruleset',
  name,
  tier,
  state: 'active',
  scopes: { kind: 'list', selectors: [] },
  rules,
  place: isolationPlace,
});

const rule = (said: Pick<Rule, 'name' | 'verdict' | 'from' | 'to' | 'services'>): Rule => ({
  ...said,
  except: [],
  at: 'both',
  state: 'active',
  expires: null,
  reverify: null,
  acceptWider: false,
  owner: null,
  reason: null,
  place: isolationPlace,
});
