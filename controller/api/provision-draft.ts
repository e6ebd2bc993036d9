import { hasErrors } from '@bulkhead/model/problem.ts';
import { draftMeaning } from '../provision/drafts.ts';
import type { VersionRecord } from '../store/versions.ts';
import { type DraftHeaders, draftChanged, refuseChanged } from './draft-state.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';
import { baseOf, draftProblems, findDraft } from './routes/drafts.ts';

/**
 * Makes a draft the next version and takes it away. Refused: `base-moved` when another version was provisioned since
 * the draft was made, `draft-changed` when it is not as `headers` say, `draft-has-problems` when one of them is an error; then nothing has changed.
 */
export async function provisionDraft(
  parts: ApiParts,
  name: string,
  { actor, note, headers = {} }: ProvisionAsked,
): Promise<VersionRecord> {
  const draft = await findDraft(parts, name);
  refuseChanged(name, draft, headers);
  const base = await baseOf(parts, draft);
  const problems = draftProblems(parts, draft, base);
  if (hasErrors(problems)) {
    const detail = `Cannot provision draft "${name}": its policy has errors, mend them first`;
    throw new Refused('draft-has-problems', detail, problems);
  }
  const version = { ...draftMeaning(draft, base), base: base.number, note, createdBy: actor };
  return parts.conductor.provision(version, async (stores, added) => {
    // Looked at inside the transaction: somebody else may have provisioned or edited meanwhile.
    if (added.number !== base.number + 1) throw baseMoved(name, base.number, added.number - 1);
    if ((await stores.drafts.get(name))?.revision !== draft.revision) {
      throw draftChanged(name, 'it was changed just now');
    }
    await stores.drafts.remove(name);
    const detail = { draft: name, base: base.number, hash: added.hash, note };
    await stores.audit.add({ actor, action: 'provision', subject: `version ${added.number}`, detail });
  });
}

type ProvisionAsked = { readonly actor: string; readonly note: string; readonly headers?: DraftHeaders };

function baseMoved(name: string, base: number, current: number): Refused {
  const detail = `Cannot provision draft "${name}": it was made from version ${base} and ${current} is current, make it again from that`;
  return new Refused('base-moved', detail);
}
