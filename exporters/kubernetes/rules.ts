import type { Document, IpListDocument, Rule, RulesetDocument, ServiceDocument } from '@bulkhead/model/documents.ts';
import type { Cluster } from './cluster.ts';
import type { Findings, Subject } from './findings.ts';
import { type Fronted, frontedIn } from './fronted.ts';
import { type Settle, settler } from './label-groups.ts';
import type { Speaker } from './rows.ts';
import { readTiers, type Tier } from './tiers.ts';

/** What the rules of one policy are read with. `now`: milliseconds since the epoch. */
export type Desk = {
  readonly cluster: Cluster;
  readonly findings: Findings;
  readonly now: number;
  readonly settle: Settle;
  readonly tiers: ReadonlyMap<string, Tier>;
  readonly services: ReadonlyMap<string, ServiceDocument>;
  readonly ipLists: ReadonlyMap<string, IpListDocument>;
  readonly documents: readonly Document[];
  readonly fronted: readonly Fronted[];
};

export function openDesk(
  documents: readonly Document[],
  { cluster, findings, now }: Pick<Desk, 'cluster' | 'findings' | 'now'>,
): Desk {
  const byName = <K extends Document['kind']>(kind: K) =>
    new Map(
      documents
        .filter(
          (document): document is Document & { readonly kind: K; readonly name: string } => document.kind === kind,
        )
        .map((document) => [document.name, document] as const),
    );
  const settle = settler(documents);
  return {
    cluster,
    findings,
    now,
    settle,
    tiers: readTiers(documents),
    services: byName('Service'),
    ipLists: byName('IpList'),
    documents,
    fronted: frontedIn(documents, cluster, settle),
  };
}

export type ActiveRule = Speaker & { readonly rule: Rule; readonly ruleset: RulesetDocument };

/** Rules that decide something at this moment, by id; what is passed over is noted (SPEC EX23). */
export function activeRules(desk: Desk): readonly ActiveRule[] {
  const rules = desk.documents.flatMap((document) => (document.kind === 'Ruleset' ? rulesIn(desk, document) : []));
  return rules.sort((a, b) => (a.id < b.id ? -1 : 1));
}

function rulesIn(desk: Desk, ruleset: RulesetDocument): ActiveRule[] {
  const tier = desk.tiers.get(ruleset.tier);
  if (tier === undefined) throw new Error(`No tier ${ruleset.tier}: references were not resolved`);
  return ruleset.rules.flatMap((rule) => {
    const id = `${ruleset.name}/${rule.name}`;
    const about = { name: id, place: rule.place };
    const { verdict, at } = rule;
    return isActive(desk, about, { ruleset, rule }) ? [{ id, about, verdict, at, tier, rule, ruleset }] : [];
  });
}

function isActive(
  { findings, now }: Desk,
  about: Subject,
  { ruleset, rule }: { readonly ruleset: RulesetDocument; readonly rule: Rule },
): boolean {
  const states = [ruleset.state, rule.state];
  const needed = 'make it active where the cluster is to enforce it';
  if (states.includes('disabled'))
    findings.leaveOut(about, { code: 'disabled', so: 'it is disabled and decides nothing', needed });
  else if (states.includes('staged'))
    findings.leaveOut(about, { code: 'staged', so: 'it is staged and enforced nowhere', needed });
  else if (rule.expires !== null && rule.expires <= now)
    findings.leaveOut(about, {
      code: 'expired',
      so: 'it has expired',
      needed: 'give it another expiry where it is to hold',
    });
  else return true;
  return false;
}

/** What no object of a cluster can say, whatever else the rule says (SPEC EX23, EX25). */
export function refuseUnsayable({ findings, services }: Desk, { about, rule }: ActiveRule): boolean {
  const before = findings.refusals.length;
  if (rule.expires !== null)
    findings.refuse(about, {
      code: 'expires',
      so: 'it ends at a moment, and objects of Kubernetes do not',
      needed: 'a rule without expires is needed',
      hint: 'take the expiry out, and the rule when it is over',
    });
  if (rule.reverify !== null)
    findings.refuse(about, {
      code: 'reverify',
      so: 'Kubernetes does not judge live connections again',
      needed: 'a rule without reverify is needed',
    });
  for (const { identity } of [
    ...rule.from,
    ...rule.to,
    ...rule.except.flatMap(({ from, to }) => [...(from ?? []), ...(to ?? [])]),
  ]) {
    if (identity === null) continue;
    const { process, user } = identity;
    if (process !== null) findings.refuse(about, whoRemark('process', process));
    if (user !== null) findings.refuse(about, whoRemark(user.kind, user.name));
  }
  const named = [...rule.services, ...rule.except.flatMap((exception) => exception.services ?? [])];
  for (const ref of named) {
    const process = ref.kind === 'service' ? (services.get(ref.name)?.process ?? null) : null;
    if (process !== null) findings.refuse(about, whoRemark('process', process));
  }
  return findings.refusals.length > before;
}

function whoRemark(kind: 'process' | 'user' | 'group', name: string) {
  return {
    code: kind,
    so: `it asks for the ${kind} ${name}, and Kubernetes knows pods and addresses alone`,
    needed: `a rule without a ${kind} is needed`,
    hint: 'let an agent on the node enforce it',
  };
}
