import { isDeepStrictEqual } from 'node:util';
import type { Store } from '../store/open-store.ts';
import type { LabelAssignment } from '../store/policy-text.ts';
import type { VersionRecord } from '../store/versions.ts';

export const draftNameOf = (cluster: string): string => `labels-from-${cluster}`;
export const actorOf = (cluster: string): string => `cluster:${cluster}`;

/** `theirs`: a person changed the draft, so it is left alone. */
export type DraftState = { readonly kind: 'none' | 'written' } | { readonly kind: 'theirs'; readonly by: string };

type Proposal = {
  readonly cluster: string;
  readonly labels: readonly LabelAssignment[];
  readonly current: VersionRecord;
};

/** Makes the cluster's draft say these labels over the current version, and nothing else; without labels there is none. */
export function putLabelDraft(store: Store, { cluster, labels, current }: Proposal): Promise<DraftState> {
  const [name, actor] = [draftNameOf(cluster), actorOf(cluster)];
  return store.transaction(async ({ drafts, audit }): Promise<DraftState> => {
    const before = await drafts.get(name);
    if (before !== null && before.updatedBy !== actor) return { kind: 'theirs', by: before.updatedBy };
    if (labels.length === 0) {
      if (before === null) return { kind: 'none' };
      await drafts.remove(name);
      await audit.add({ actor, action: 'draft.remove', subject: name, detail: {} });
      return { kind: 'none' };
    }
    const draft = { name, base: current.number, files: current.files, labels, updatedBy: actor };
    if (before !== null && isDeepStrictEqual([before.base, before.labels], [draft.base, labels]))
      return { kind: 'written' };
    await drafts.put(draft);
    const detail = { base: draft.base, files: draft.files.map(({ path }) => path), labels: labels.length };
    await audit.add({ actor, action: 'draft.put', subject: name, detail });
    return { kind: 'written' };
  });
}
