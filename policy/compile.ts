import { compareBytes } from '@bulkhead/model/byte-order.ts';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { compareAddresses } from '@bulkhead/model/host-ruleset-invariants.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { indexTerms, matchTerms, type TermIndex } from './deciding/term-index.ts';
import { type Estate, localLabels, type Workload } from './estate.ts';
import { nothingKnown, settleIdentity } from './identity.ts';
import { modeAt } from './language/modes.ts';
import { type Policy, withoutExpired } from './policy.ts';
import { isProblem, refusal } from './problems.ts';
import { type Body, buildBody, type EndTables, peerTerms } from './ruleset/body.ts';
import { indexRules, type LocalRules, localRules, type RuleIndex } from './ruleset/local-rules.ts';
import { buildDirectory, type Directory, identifyPeers, type Peers } from './ruleset/peers.ts';
import { widenContent } from './ruleset/widen.ts';

/** `now`: milliseconds since the epoch; rules that have expired by then are left out. */
export type CompileInput = { readonly estate: Estate; readonly policy: Policy; readonly now: number };

/** What hosts have in common is worked out once. */
type Workshop = {
  readonly estate: Estate;
  readonly policy: Policy;
  readonly terms: TermIndex;
  readonly rules: RuleIndex;
  readonly directories: Map<string, Directory>;
  /** By everything a body depends on: hosts of one segment share it. */
  readonly bodies: Map<string, Body | Problem>;
};

/** Problems: `unknown-workload`, `no-enforcer`, `too-many-identities`, `too-many-classes`. */
export function compileHost(input: CompileInput, workloadName: string): HostRulesetContent | Problem {
  const workload = input.estate.byName.get(workloadName);
  if (workload === undefined)
    return cannotCompile(workloadName, 'unknown-workload', 'the estate has none of that name');
  return compileWorkload(openWorkshop(input), workload);
}

/** Every workload that has an enforcer, by name. */
export function compileAll(input: CompileInput): ReadonlyMap<string, HostRulesetContent | Problem> {
  const shop = openWorkshop(input);
  const enforced = input.estate.workloads.filter((workload) => workload.enforced);
  return new Map(enforced.map((workload) => [workload.name, compileWorkload(shop, workload)]));
}

/** SPEC K6: allows, effectively, what either side of a change allows. A host that is new has no `before`. */
export function compileWidened(
  before: CompileInput,
  after: CompileInput,
  workloadName: string,
): HostRulesetContent | Problem {
  const next = compileHost(after, workloadName);
  if (isProblem(next) || !before.estate.byName.has(workloadName)) return next;
  const previous = compileHost(before, workloadName);
  return isProblem(previous) ? previous : widenContent(previous, next);
}

function openWorkshop({ estate, policy: built, now }: CompileInput): Workshop {
  // SPEC U7: hosts do not tell processes and users apart yet.
  const policy = settleIdentity(withoutExpired(built, now), nothingKnown);
  const [terms, rules] = [indexTerms(policy.terms), indexRules(policy)];
  return { estate, policy, terms, rules, directories: new Map(), bodies: new Map() };
}

function compileWorkload(shop: Workshop, workload: Workload): HostRulesetContent | Problem {
  if (!workload.enforced) return cannotCompile(workload.name, 'no-enforcer', 'it is unmanaged');
  const elsewhere = localRulesAt(shop, workload, null);
  const groups = new Map<string, { readonly rules: LocalRules; readonly addresses: Address[] }>();
  const addresses = [...new Set(workload.addresses.map(({ address }) => address))].sort(compareAddresses);
  for (const address of addresses) {
    const rules = localRulesAt(shop, workload, address);
    if (rules.key === elsewhere.key) continue;
    const group = groups.get(rules.key) ?? { rules, addresses: [] };
    groups.set(rules.key, group);
    group.addresses.push(address);
  }
  const kinds = [...groups.values()].map(({ rules }) => rules).sort((a, b) => compareBytes(a.key, b.key));
  const body = sharedBody(shop, workload, [...kinds, elsewhere]);
  if (isProblem(body)) return { ...body, message: `Cannot compile "${workload.name}": ${body.message}` };
  const end = (key: string, own: readonly Address[]) => ({ addresses: own, ...(body.ends.get(key) as EndTables) });
  const listed = [...groups].map(([key, group]) => end(key, group.addresses));
  const local = workload.host === null ? {} : { local: addresses };
  return { ...body, ends: [...listed, end(elsewhere.key, [])], ...local };
}

/** Null: a local address the estate does not know (SPEC K4). */
function localRulesAt(shop: Workshop, workload: Workload, address: Address | null): LocalRules {
  const seen = { labels: localLabels(shop.estate, workload, address), address };
  return localRules(shop.policy, shop.rules, matchTerms(shop.terms, seen));
}

function sharedBody(shop: Workshop, workload: Workload, kinds: readonly LocalRules[]): Body | Problem {
  const inbound = modeAt(shop.policy.modes, workload, 'inbound');
  const outbound = modeAt(shop.policy.modes, workload, 'outbound');
  const key = JSON.stringify([workload.networks, inbound, outbound, kinds.map((kind) => kind.key)]);
  const known = shop.bodies.get(key);
  if (known !== undefined) return known;
  const body = buildBody(shop.policy, { kinds, modes: { inbound, outbound } }, peersOf(shop, kinds, workload.networks));
  shop.bodies.set(key, body);
  return body;
}

function peersOf(shop: Workshop, kinds: readonly LocalRules[], networks: readonly string[]): Peers {
  return identifyPeers(shop.policy.terms, [...peerTerms(kinds)], directoryOf(shop, networks));
}

function directoryOf(shop: Workshop, networks: readonly string[]): Directory {
  const key = JSON.stringify(networks);
  const directory = shop.directories.get(key) ?? buildDirectory(shop.estate, networks, shop.terms);
  shop.directories.set(key, directory);
  return directory;
}

function cannotCompile(name: string, code: string, why: string): Problem {
  return refusal({ code, message: `Cannot compile "${name}": ${why}, name a managed workload`, place: null });
}
