import { isOwnNodeRule } from '@bulkhead/exporters/kubernetes/own-node.ts';
import { importKubernetes } from '@bulkhead/importers/kubernetes/import.ts';
import { clusterKey, namespaceKey } from '@bulkhead/model/cluster-names.ts';
import type { Document, End, Rule, RulesetDocument } from '@bulkhead/model/documents.ts';
import { formatProblem } from '@bulkhead/model/format-problem.ts';
import { type InputFile, parseDocuments } from '@bulkhead/model/parse.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';
import { type Difference, diff, isNoDifference } from '@bulkhead/policy/diff.ts';
import { buildEstate, type Estate } from '@bulkhead/policy/estate.ts';
import { countServices, everyService } from '@bulkhead/policy/language/service-sets.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import type { World } from '@bulkhead/policy/world.ts';

export type Proof =
  /** `cells`: (source, destination, service) with a pod of the cluster at an end, each asked of both ends. */
  | { readonly kind: 'proved'; readonly cells: bigint }
  | { readonly kind: 'refuted'; readonly end: 'source' | 'destination'; readonly difference: Difference };

export type Claim = {
  /** Estate and policy that were exported. */
  readonly documents: readonly Document[];
  readonly cluster: string;
  readonly manifests: readonly InputFile[];
  readonly acceptOwnNode: boolean;
  readonly now: number;
};

/**
 * Whether the manifests, read back beside the same estate, decide as the policy does at every end that is a pod of the
 * cluster. The ends are compared one by one, for what one of them would let pass the other may hide.
 */
export function proveExport(claim: Claim): Proof {
  const estate = estateOf(claim);
  const asked = claim.acceptOwnNode ? withoutOwnNode(claim.documents) : claim.documents;
  const given = asked.filter(isPolicy).map(withoutVirtualServices);
  const read = readBack(claim);
  for (const end of ['source', 'destination'] as const) {
    const [before, after] = [given, read].map((documents) => worldAt(end, documents, { estate, now: claim.now }));
    if (before === undefined || after === undefined) throw new Error('Two policies make two worlds');
    const difference = diff(before, after, 'effective');
    if (!isNoDifference(difference)) return { kind: 'refuted', end, difference };
  }
  return { kind: 'proved', cells: cellsOf(estate) };
}

/** Only pods of the cluster have an enforcer: what others let pass is not what a cluster decides. */
function estateOf({ documents, cluster }: Claim): Estate {
  const workloads = documents.flatMap((document) => {
    if (document.kind !== 'Workload') return [];
    return [{ ...document, enforced: document.enforced && isPod(document.labels, cluster) }];
  });
  return buildEstate(workloads).estate;
}

const isPod = (labels: Readonly<Record<string, string>>, cluster: string): boolean =>
  labels[clusterKey] === cluster && Object.hasOwn(labels, namespaceKey);

const isPolicy = ({ kind }: Document): boolean => kind !== 'Workload' && kind !== 'Logon';

function readBack({ cluster, manifests, acceptOwnNode, documents }: Claim): readonly Document[] {
  const isSaid = documents.some(
    (document) =>
      document.kind === 'Ruleset' &&
      document.rules.some((rule) => isActive(document, rule) && isOwnNodeRule(document, rule)),
  );
  const { policy, problems } = importKubernetes(manifests, {
    cluster,
    network: defaultNetwork,
    ownNode: isSaid && !acceptOwnNode ? 'active' : 'disabled',
    skip: [],
  });
  if (policy === null)
    throw new Error(`What was written cannot be read back: ${problems.map(formatProblem).join('\n')}`);
  return parseDocuments([{ file: 'read-back.yaml', text: policy }]).documents;
}

const isActive = (ruleset: RulesetDocument, rule: Rule): boolean =>
  ruleset.state === 'active' && rule.state === 'active';

const withoutOwnNode = (documents: readonly Document[]): readonly Document[] =>
  documents.map((document) =>
    document.kind === 'Ruleset'
      ? { ...document, rules: document.rules.filter((rule) => !isOwnNodeRule(document, rule)) }
      : document,
  );

/** A cluster leads from a frontend to the members by itself, and the manifests say nothing of frontends. */
function withoutVirtualServices(document: Document): Document {
  if (document.kind !== 'Ruleset') return document;
  const isPlain = ({ kind }: End): boolean => kind !== 'virtualService';
  const rules = document.rules.map((rule) => ({ ...rule, to: rule.to.filter(isPlain) }));
  return { ...document, rules: rules.filter(({ to }) => to.length > 0) };
}

type Setting = { readonly estate: Estate; readonly now: number };

/** The policy as that end has it; the other end lets everything pass. */
function worldAt(end: 'source' | 'destination', documents: readonly Document[], { estate, now }: Setting): World {
  const other = end === 'source' ? 'destination' : 'source';
  const atEnd = documents.flatMap((document): Document[] => {
    if (document.kind === 'VirtualService' || document.kind === 'Invariant' || document.kind === 'Test') return [];
    if (document.kind !== 'Ruleset') return [document];
    const rules = document.rules.filter(({ at }) => at !== other).map((rule) => ({ ...rule, at: end }));
    return [{ ...document, rules }];
  });
  const { policy, problems } = buildPolicy([...atEnd, everythingAt(other)], estate, now);
  if (policy === null) throw new Error(`What is compared does not build: ${problems.map(formatProblem).join('\n')}`);
  return { estate, policy };
}

/** In a tier before all that denies. */
function everythingAt(at: 'source' | 'destination'): RulesetDocument {
  const everything = parseDocuments([
    {
      file: 'proof.yaml',
      text: `{kind: Ruleset, name: "proof: the other end", tier: rescue, rules: [{name: all, allow: [all], from: {any: true}, to: {any: true}, at: ${at}}]}`,
    },
  ]);
  const [ruleset] = everything.documents;
  if (ruleset?.kind !== 'Ruleset') throw new Error('A ruleset is a ruleset');
  return ruleset;
}

function cellsOf({ workloads }: Estate): bigint {
  const pods = BigInt(workloads.filter(({ enforced }) => enforced).length);
  const all = BigInt(workloads.length);
  return (pods * (all - 1n) * 2n - pods * (pods - 1n)) * BigInt(countServices(everyService));
}
