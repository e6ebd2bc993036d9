import { anomaliesInSteps } from '@bulkhead/policy/anomalies.ts';
import { draftMeaning } from '../provision/drafts.ts';
import { requirePolicy } from './difference.ts';
import { paced, type Watching } from './paced.ts';
import type { ApiParts } from './parts.ts';
import { baseOf, findDraft } from './routes/drafts.ts';

/** More than a person mends in a day; how many more there are is said. */
const toldMost = 1000;

/**
 * Rules of a draft that do nothing, less than they say, or much more than most, each with what would mend it.
 *
 * @returns what works it out; the draft was found.
 */
export async function anomalies(parts: ApiParts, name: string) {
  const draft = await findDraft(parts, name);
  const base = await baseOf(parts, draft);
  return async (watching: Watching = {}) => {
    const side = parts.side(draftMeaning(draft, base));
    const { policy, estate } = requirePolicy(side, 'the draft');
    const found = await paced(anomaliesInSteps({ policy, estate }, side.documents), watching);
    const omitted = Math.max(found.length - toldMost, 0);
    return { draft: name, revision: draft.revision, anomalies: found.slice(0, toldMost), omitted };
  };
}
