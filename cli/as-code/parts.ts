import type { PolicyDocument } from '@bulkhead/model/documents.ts';
import { parseDocuments, policyKinds } from '@bulkhead/model/parse.ts';
import type { PolicyFile } from '@bulkhead/model/policy-content.ts';
import { plural } from '../print-problems.ts';

/** What a policy is made of, and a plan takes away or makes another. Gates come first: they cannot speak for themselves. */
export const partKinds = [
  'test',
  'invariant',
  'ownership',
  'lifeline',
  'dependency',
  'mode',
  'rule',
  'tier order',
  'service',
  'ip list',
  'label group',
  'user group',
  'virtual service',
  'label key',
  'label source',
] as const;
export type PartKind = (typeof partKinds)[number];
export type Part = { readonly kind: PartKind; readonly name: string };
export type PartChanges = { readonly removed: readonly Part[]; readonly changed: readonly Part[] };

/** By what they say, wherever they stand: a document that moves to another file is the same one. */
export function partsBetween(before: readonly PolicyFile[], after: readonly PolicyFile[]): PartChanges {
  const [was, is] = [partsOf(before), partsOf(after)];
  const old = [...was.values()].sort((a, b) => partKinds.indexOf(a.kind) - partKinds.indexOf(b.kind));
  const named = ({ kind, name }: Part): Part => ({ kind, name });
  const now = (part: Said) => is.get(keyOf(part))?.says;
  return {
    removed: old.filter((part) => now(part) === undefined).map(named),
    changed: old.filter((part) => (now(part) ?? part.says) !== part.says).map(named),
  };
}

/** `31 tests, 1 invariant, 4 rules` */
export const countsText = (parts: readonly Part[]): string =>
  partKinds
    .map((kind) => [kind, parts.filter((part) => part.kind === kind).length] as const)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => plural(count, kind))
    .join(', ');

type Said = Part & { readonly says: string };

const keyOf = ({ kind, name }: Part): string => JSON.stringify([kind, name]);

function partsOf(files: readonly PolicyFile[]): ReadonlyMap<string, Said> {
  const input = files.map(({ path, text }) => ({ file: path, text }));
  const { documents } = parseDocuments(input, { kinds: policyKinds });
  const found = new Map<string, Said>();
  for (const part of documents.flatMap((document) => partsIn(document as PolicyDocument))) {
    const says = [found.get(keyOf(part))?.says, part.says].filter((one) => one !== undefined).join();
    found.set(keyOf(part), { ...part, says });
  }
  return found;
}

const kinds = {
  Ownership: 'ownership',
  Lifeline: 'lifeline',
  Dependency: 'dependency',
  Service: 'service',
  IpList: 'ip list',
  LabelGroup: 'label group',
  UserGroup: 'user group',
  VirtualService: 'virtual service',
  LabelKey: 'label key',
  LabelSource: 'label source',
  Invariant: 'invariant',
} as const satisfies Partial<Record<PolicyDocument['kind'], PartKind>>;

function partsIn(document: PolicyDocument): readonly Said[] {
  if (document.kind === 'Test') {
    return (['allow', 'deny'] as const).flatMap((expected) =>
      document[expected].map(({ text }) => ({ kind: 'test', name: `${document.name}: ${text}`, says: expected })),
    );
  }
  if (document.kind === 'Ruleset') {
    const { rules, name, ...around } = document;
    return rules.map((rule) => ({ kind: 'rule', name: `${name}/${rule.name}`, says: sayOf([around, rule]) }));
  }
  if (document.kind === 'Mode') return [{ kind: 'mode', name: document.selector.text, says: sayOf(document) }];
  if (document.kind === 'Tiers') return [{ kind: 'tier order', name: 'tiers', says: sayOf(document) }];
  return [{ kind: kinds[document.kind], name: document.name, says: sayOf(document) }];
}

/** Without places, which are others with every line that is added above. */
const sayOf = (value: unknown): string =>
  JSON.stringify(value, (key, part: unknown) =>
    key === 'place' ? undefined : typeof part === 'bigint' ? String(part) : part,
  );
