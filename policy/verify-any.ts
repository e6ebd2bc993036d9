import type { View } from '@bulkhead/model/decision.ts';
import type { Document, InvariantDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';
import type { Problem } from '@bulkhead/model/problem.ts';
import { defaultNetwork, type Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { formatServicePoint } from '@bulkhead/net/service-space.ts';
import { plainPolicy } from './deciding/plain.ts';
import { buildEstate } from './estate.ts';
import { AnyEstateSearch, type Connections, choosePlaces, TooManyCases } from './exact/any-estate-search.ts';
import { isName, LabelSpace, labelValues, nobody, ownerDimension, type Region } from './exact/label-space.ts';
import { RuleBook } from './exact/rule-book.ts';
import { everybody } from './identity.ts';
import { invariantId, readInvariants } from './invariants.ts';
import { exampleService } from './language/service-sets.ts';
import { buildPolicy, byPrecedence, type Policy } from './policy.ts';
import type { Who } from './probe.ts';
import { refusal } from './problems.ts';
import { mostKinds, whyNotProvable } from './verify.ts';

/** A workload that an estate may have; null labels: an address that nobody owns, or a domain name. */
export type PossibleEnd = {
  readonly labels: Labels | null;
  readonly address: Address | null;
  readonly domain?: string;
};

export type AnyVerdict = {
  readonly invariant: string;
  readonly holds: boolean;
  readonly counterexample: PossibleConnection | null;
};

export type PossibleConnection = Who & {
  readonly from: PossibleEnd;
  readonly to: PossibleEnd;
  readonly service: string;
};

export type AnyVerdicts = { readonly verdicts: readonly AnyVerdict[]; readonly problems: readonly Problem[] };

type Question = { readonly invariants: readonly InvariantDocument[]; readonly view: View; readonly now: number };

/**
 * Whether each invariant holds in every estate that the declared label keys allow, whose workloads all enforce, and
 * where every scope of `each` has a workload (SPEC I4, I5). Problems: those of `readInvariants` and `buildPolicy`, and `too-many-cases`.
 */
export function verifyAnyEstate(documents: readonly Document[], { invariants, view, now }: Question): AnyVerdicts {
  const written = documents.filter(({ kind }) => kind !== 'Workload' && kind !== 'Mode');
  const values = valuesOf(written, invariants, now);
  const { estate } = buildEstate(everyScope(written, values));
  const built = buildPolicy(written, estate, now);
  const read = readInvariants(written, invariants, estate);
  const onNames = written.flatMap(rulesOnPortNames);
  if (onNames.length > 0) return { verdicts: [], problems: onNames };
  if (built.policy === null || read.policy === null)
    return { verdicts: [], problems: [...built.problems, ...read.problems] };
  const policy = joined(built.policy, read.policy);
  const space = new LabelSpace(values, policy.terms);
  const rules = { ...policy, rules: policy.rules.filter(isOfPolicy) };
  const kinds = everybody(rules, mostKinds);
  if (kinds === null) return { verdicts: [], problems: [whyNotProvable(rules)].filter((problem) => problem !== null) };
  const searches = kinds.map((who) => ({ who, search: new AnyEstateSearch(space, plainPolicy(rules, who), view) }));
  const problems: Problem[] = [];
  const verdicts = invariants.flatMap((invariant): readonly AnyVerdict[] => {
    const rule = policy.rules.find(({ id }) => id === invariantId(invariant.name));
    if (rule === undefined) throw new Error('Every invariant is a rule');
    try {
      for (const { who, search } of searches) {
        const found = search.find(rule);
        if (found === null) continue;
        return [{ invariant: invariant.name, holds: false, counterexample: { ...exampleOf(space, found), ...who } }];
      }
      return [{ invariant: invariant.name, holds: true, counterexample: null }];
    } catch (error) {
      if (!(error instanceof TooManyCases)) throw error;
      problems.push(tooManyCases(invariant));
      return [];
    }
  });
  return { verdicts, problems };
}

const isOfPolicy = ({ id }: { readonly id: string }): boolean => !id.startsWith(invariantId(''));

/** Both in one numbering. */
function joined(policy: Policy, invariants: Policy): Policy {
  const book = new RuleBook(policy, invariants);
  const rules = [...book.rules].sort(byPrecedence);
  return { ...policy, terms: book.terms, serviceSets: book.serviceSets, rules };
}

type Values = ReadonlyMap<string, readonly string[]>;

/** Of selectors wherever they stand: one workload is in some scope of every `each`, so that no rule is left out. */
function valuesOf(documents: readonly Document[], invariants: readonly InvariantDocument[], now: number): Values {
  const keys = scopeKeys(documents).flat();
  const labels = Object.fromEntries(keys.map((key) => [key, 'another']));
  const { estate } = buildEstate([possibleWorkload('any', { labels, address: null })]);
  const { policy } = buildPolicy(documents, estate, now);
  const { policy: rules } = readInvariants(documents, invariants, estate);
  return labelValues(documents, [...(policy?.terms ?? []), ...(rules?.terms ?? [])]);
}

const scopeKeys = (documents: readonly Document[]): (readonly string[])[] =>
  documents.flatMap((document) =>
    document.kind === 'Ruleset' && document.scopes.kind === 'each' ? [document.scopes.keys] : [],
  );

/** Workloads with every combination of labels that some scope of `each` may be made for. */
function everyScope(documents: readonly Document[], values: Values): WorkloadDocument[] {
  const combinations = scopeKeys(documents).flatMap((keys) =>
    keys.reduce<Labels[]>(
      (lists, key) => lists.flatMap((labels) => (values.get(key) ?? []).map((value) => ({ ...labels, [key]: value }))),
      [{}],
    ),
  );
  return combinations.map((labels, index) => possibleWorkload(`any-${index}`, { labels, address: null }));
}

/** A document that makes the possible real. */
export function possibleWorkload(name: string, { labels, address }: PossibleEnd): WorkloadDocument {
  const addresses = address === null ? [] : [{ network: defaultNetwork, address }];
  const place = { file: '', line: 1, column: 1 };
  const fixed = { kind: 'Workload', ports: {}, enforced: true, host: null, fallbackMode: 'enforce', place } as const;
  return { ...fixed, name, labels: labels ?? {}, addresses };
}

function exampleOf(space: LabelSpace, connections: Connections): PossibleConnection {
  const places = choosePlaces(space, connections);
  if (places === null) throw new Error('What was found is possible');
  const [source, destination] = places;
  const end = (box: Connections['from'], number: number, example: number): PossibleEnd => {
    const region = space.regions[number] as Region;
    if (isName(region)) return { labels: null, address: null, domain: region.example };
    const labels = box[ownerDimension] === nobody ? null : space.labelsIn(box);
    return { labels, address: region.examples[example] ?? null };
  };
  const to = end(connections.to, destination, source === destination ? 1 : 0);
  const service = formatServicePoint(exampleService(connections.services));
  return { from: end(connections.from, source, 0), to, service };
}

function tooManyCases({ name, place }: InvariantDocument): Problem {
  const message = `Cannot prove invariant "${name}" for every estate: its rules tell too many cases apart, declare label values or prove it for the estate as it is`;
  return refusal({ code: 'too-many-cases', message, place });
}

/** Which port a name is may differ from workload to workload: no label key says which there can be. */
function rulesOnPortNames(document: Document): Problem[] {
  if (document.kind !== 'Ruleset') return [];
  return document.rules.flatMap(({ name, services, place }) => {
    if (!services.some(({ kind }) => kind === 'portName')) return [];
    const message = `Cannot prove for every estate what holds with "${document.name}/${name}": it names a port, rules with the numbers of ports are needed`;
    return [refusal({ code: 'not-provable', message, place })];
  });
}
