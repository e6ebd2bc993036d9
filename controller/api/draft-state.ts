import Type from 'typebox';
import type { DraftRecord } from '../store/drafts.ts';
import { Refused } from './problem.ts';

/**
 * A draft's revision is its entity tag, the same whatever the answer is compressed with: nothing caches it, and it names
 * what is stored. `*`: there must be a draft.
 */
const entityTag = Type.String({ pattern: '^(\\*|"[0-9]{1,15}")$', description: 'What `etag` said, or `*`' });

export const draftHeaders = Type.Object({
  'if-match': Type.Optional(entityTag),
  'if-none-match': Type.Optional(Type.Literal('*', { description: 'There must be no draft of that name yet' })),
});
export type DraftHeaders = Type.Static<typeof draftHeaders>;

export const etagOf = ({ revision }: Pick<DraftRecord, 'revision'>): string => `"${revision}"`;

/** Refuses to go on with a draft that is not as the asker last saw it. Whoever says nothing takes it as it is. */
export function refuseChanged(name: string, draft: DraftRecord | null, headers: DraftHeaders): void {
  if (headers['if-none-match'] !== undefined && draft !== null) throw draftChanged(name, 'there is one already');
  const wanted = headers['if-match'];
  if (wanted === undefined || (draft !== null && (wanted === '*' || wanted === etagOf(draft)))) return;
  const so =
    draft === null ? 'there is none any more' : `${draft.updatedBy} changed it, it is at revision ${draft.revision}`;
  throw draftChanged(name, so);
}

export const draftChanged = (name: string, so: string): Refused =>
  new Refused('draft-changed', `Cannot do this with draft "${name}" as you saw it: ${so}, look at it again`);
