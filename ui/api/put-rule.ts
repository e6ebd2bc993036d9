import { addRule, draftedFile } from '../drafting/add-rule.ts';
import type { DraftedRule } from '../drafting/edge-rule.ts';
import { ApiProblem, ask, askAll, askSeen, isDraftChanged, segment } from './client.ts';
import type { Draft, DraftSummary } from './types.ts';

type Put = { readonly draft: string; readonly rule: DraftedRule };

/** Somebody else who saves the same draft at the same moment is met this often at most. */
const attempts = 5;
const mostDrafts = 100_000;

/** Where a rule stands. */
export type PutRule = { readonly draft: string; readonly name: string; readonly file: string; readonly line: number };

/** Adds the rule to the draft, which is made from the current version when it is not there. */
export async function putRule({ draft, rule }: Put): Promise<PutRule> {
  for (let attempt = 1; ; attempt++) {
    const { files, revision } = await openDraft(draft);
    const added = addRule(files, rule);
    if (added.kind === 'unreadable') throw new Error(added.why);
    try {
      await askSeen('PUT', `/drafts/${segment(draft)}`, { revision, body: { files: added.files } });
      return { draft, name: added.name, file: draftedFile, line: added.line };
    } catch (error) {
      // A rule fits whatever the draft has become.
      if (!isDraftChanged(error) || attempt === attempts) throw error;
    }
  }
}

/** By the list, because a browser complains about an answer that says that there is none. */
async function openDraft(name: string): Promise<Draft> {
  const { items } = await askAll<DraftSummary>('/drafts?limit=1000', mostDrafts);
  if (items.some((draft) => draft.name === name)) return ask<Draft>('GET', `/drafts/${segment(name)}`);
  try {
    return await ask<Draft>('POST', '/drafts', { name });
  } catch (error) {
    // Somebody was quicker.
    if (!(error instanceof ApiProblem) || error.code !== 'already-exists') throw error;
    return ask<Draft>('GET', `/drafts/${segment(name)}`);
  }
}
