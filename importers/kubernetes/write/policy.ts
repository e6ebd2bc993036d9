import type { RuleState } from '@bulkhead/model/documents.ts';
import type { Finding } from '@bulkhead/model/finding.ts';
import type { WrittenDocument } from '@bulkhead/model/format/document-text.ts';
import { tierLimit } from '@bulkhead/model/read/tiers.ts';
import type { AdminPolicyObject, ClusterObject, NetworkPolicyObject } from '../cluster.ts';
import { padded, rulesetName, tiers } from './names.ts';
import { ownNodeRuleset } from './own-node.ts';
import { type RulesText, writeRules } from './rules.ts';
import type { Scene } from './scene.ts';
import { everyPod, podRequirements, selectorText } from './selectors.ts';
import { writtenVirtualService } from './virtual-services.ts';

/** Every policy document of an import, in the order in which they are written. */
export function policyDocuments(
  objects: readonly ClusterObject[],
  scene: Scene,
  ownNode: Extract<RuleState, 'active' | 'disabled'>,
): readonly WrittenDocument[] {
  const policies = objects.filter((object) => object.kind === 'policy').sort(byName);
  const admins = objects.filter((object) => object.kind === 'admin').sort(byName);
  const parts = [
    ...admins.filter(({ priority }) => priority !== null).flatMap((policy) => adminRulesets(scene, policy)),
    ...policies.flatMap((policy) => networkPolicyRulesets(scene, policy)),
    ...admins.filter(({ priority }) => priority === null).flatMap((policy) => adminRulesets(scene, policy)),
  ];
  return [
    tiersDocument(admins, scene.report),
    ...onceEach(parts.flatMap(({ lists }) => lists)),
    ...scene.services.map((service) => writtenVirtualService(service, scene.where)),
    ownNodeRuleset({ cluster: scene.where.cluster, state: ownNode, policies, admins }),
    ...parts.map(({ ruleset }) => ruleset),
    defaultRuleset(scene),
  ];
}

type Part = { readonly ruleset: WrittenDocument; readonly lists: readonly WrittenDocument[] };

/** Rules share lists of equal names, whose contents are equal, too. */
const onceEach = (lists: readonly WrittenDocument[]): readonly WrittenDocument[] => [
  ...new Map(lists.map((list) => [list.name, list])).values(),
];

type Named = { readonly head: { readonly namespace: string; readonly name: string } };
const nameOf = ({ head }: Named): string => `${head.namespace}/${head.name}`;
const byName = (a: Named, b: Named): number => (nameOf(a) < nameOf(b) ? -1 : 1);

/** SPEC KN1-KN6: what the rules allow, and after all of it the isolation that the policy implies. */
function networkPolicyRulesets(scene: Scene, policy: NetworkPolicyObject): readonly Part[] {
  const { cluster } = scene.where;
  const { namespace, name } = policy.head;
  const subject = selectorText(podRequirements(cluster, policy.subject, namespace));
  const ruleset = rulesetName(cluster, 'np', namespace, name);
  const live = policy.rules.filter(({ direction }) => policy.isolates.includes(direction));
  const spot = { ruleset, subject, own: namespace, title: nameOf(policy) };
  const isolation = policy.isolates.map((direction) =>
    direction === 'ingress'
      ? { name: 'ingress', deny: ['all'], from: { any: true }, to: subject, at: 'destination' }
      : { name: 'egress', deny: ['all'], from: subject, to: { any: true }, at: 'source' },
  );
  const isolates = rulesetName(cluster, 'np', namespace, name, 'isolation');
  const allows =
    live.length === 0 ? [] : [part({ name: ruleset, tier: tiers.networkPolicy }, writeRules(scene, live, spot))];
  return [...allows, part({ name: isolates, tier: tiers.isolation }, { rules: isolation, lists: [] })];
}

/** SPEC KA1: a ruleset for each position, whose tier is that of the priority and the position. */
function adminRulesets(scene: Scene, policy: AdminPolicyObject): readonly Part[] {
  const { priority, head } = policy;
  const { cluster } = scene.where;
  const subject = selectorText(podRequirements(cluster, policy.subject, ''));
  return positionsOf(policy).map((position) => {
    const number = padded(position, 3);
    const name = priority === null ? rulesetName(cluster, 'banp', number) : adminName(cluster, head.name, number);
    const rules = policy.rules.filter((rule) => rule.position === position);
    const tier = priority === null ? tiers.baseline(position) : tiers.admin(priority, position);
    return part({ name, tier }, writeRules(scene, rules, { ruleset: name, subject, own: '', title: head.name }));
  });
}

const adminName = (cluster: string, name: string, number: string): string => rulesetName(cluster, 'anp', name, number);

const positionsOf = ({ rules }: AdminPolicyObject): readonly number[] =>
  [...new Set(rules.map(({ position }) => position))].sort((a, b) => a - b);

const part = (head: { readonly name: string; readonly tier: string }, { rules, lists }: RulesText): Part => ({
  ruleset: { kind: 'Ruleset', ...head, rules },
  lists,
});

/** SPEC KN14. */
function defaultRuleset({ where: { cluster } }: Scene): WrittenDocument {
  const pods = selectorText(everyPod(cluster));
  return {
    kind: 'Ruleset',
    name: rulesetName(cluster, 'default'),
    tier: tiers.fallback,
    rules: [
      { name: 'ingress-0', allow: ['all'], from: { any: true }, to: pods, at: 'destination' },
      { name: 'egress-0', allow: ['all'], from: pods, to: { any: true }, at: 'source' },
    ],
  };
}

/** The other group has two. */
const adminTierLimit = tierLimit - 2;

function tiersDocument(policies: readonly AdminPolicyObject[], report: Scene['report']): WrittenDocument {
  const admin = tierNamesOf(policies, (policy) => policy.priority !== null);
  const [first] = policies;
  if (first !== undefined && admin.length > adminTierLimit) report(first.head.place, manyTiers(admin.length));
  const baseline = tierNamesOf(policies, (policy) => policy.priority === null);
  return {
    kind: 'Tiers',
    order: [
      'guardrail',
      ...(admin.length === 0 ? [] : [{ group: tiers.adminGroup, tiers: admin }]),
      tiers.ownNode,
      { group: tiers.namespacedGroup, tiers: [tiers.networkPolicy, tiers.isolation] },
      // What is left is allowed last of all: whoever closes a namespace in words of their own stands before it.
      ...[...baseline, 'application', 'baseline', tiers.fallback],
    ],
  };
}

/** Digits are padded, so that their order is that of the texts. */
function tierNamesOf(
  policies: readonly AdminPolicyObject[],
  those: (policy: AdminPolicyObject) => boolean,
): readonly string[] {
  const names = policies.filter(those).flatMap((policy) => {
    const { priority } = policy;
    return positionsOf(policy).map((position) =>
      priority === null ? tiers.baseline(position) : tiers.admin(priority, position),
    );
  });
  return [...new Set(names)].sort();
}

function manyTiers(count: number): Finding {
  const so = `they have ${count} priorities and positions of rules`;
  const needed = `at most ${adminTierLimit} are needed`;
  return { code: 'too-many-tiers', cannot: 'order the rules of AdminNetworkPolicies', so, needed };
}
