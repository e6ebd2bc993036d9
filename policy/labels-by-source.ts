import type { Document, LabelSourceDocument, LabelSourceName } from '@bulkhead/model/documents.ts';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import type { Labels } from '@bulkhead/model/words.ts';

/** What a policy says of one source of labels. */
export type SourceRights = {
  readonly documents: readonly LabelSourceDocument[];
  /** Keys that nothing sets at once. */
  readonly locked: ReadonlySet<string>;
};

/** What becomes of the labels that a source gives to one workload. */
export type SourcedLabels = {
  /** Set at once: what the source is the only one to know, and what it may set immediately. */
  readonly set: Labels;
  /** Wait in a draft for somebody's consent. */
  readonly drafted: Labels;
  /** Keys that the source speaks of here by way of a draft, those included that it gives no value. */
  readonly draftKeys: readonly string[];
  /** Keys that nobody lets it set. */
  readonly unset: readonly string[];
};

export function rightsOf(documents: readonly Document[], source: LabelSourceName): SourceRights {
  const keys = documents.filter((document) => document.kind === 'LabelKey');
  return {
    documents: documents.filter((document) => document.kind === 'LabelSource').filter((one) => one.source === source),
    locked: new Set(keys.filter(({ locked }) => locked).map(({ name }) => name)),
  };
}

/**
 * Labels in a key space, such as `namespace:team`, are always set: nobody else can give them. Every other key needs a
 * LabelSource of the source that names it and whose selector matches. The selector reads the labels in key spaces
 * alone: whoever gives a workload its other labels could otherwise give it the right to them. Where several of them
 * speak, `as-draft` holds before `immediately`; a locked key is never set at once.
 */
export function labelsBySource({ documents, locked }: SourceRights, given: Labels): SourcedLabels {
  const [own, offered] = [{} as Record<string, string>, {} as Record<string, string>];
  for (const [key, value] of Object.entries(given)) (isInSpace(key) ? own : offered)[key] = value;
  const speaking = documents.filter(({ selector }) => requirementsMatch(selector.requirements, own));
  const allowed = new Set(speaking.flatMap(({ keys }) => keys));
  const [set, drafted] = [{ ...own }, {} as Record<string, string>];
  const isDrafted = (key: string) =>
    locked.has(key) || speaking.some(({ keys, apply }) => apply === 'as-draft' && keys.includes(key));
  for (const [key, value] of Object.entries(offered)) {
    if (!allowed.has(key)) continue;
    if (isDrafted(key)) drafted[key] = value;
    else set[key] = value;
  }
  return {
    set,
    drafted,
    draftKeys: [...allowed].filter((key) => !isInSpace(key) && isDrafted(key)).sort(),
    unset: Object.keys(offered)
      .filter((key) => !allowed.has(key))
      .sort(),
  };
}

const isInSpace = (key: string): boolean => key.includes(':');
