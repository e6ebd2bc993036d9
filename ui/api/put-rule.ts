import { addRule } from '../drafting/add-rule.ts';
import type { DraftedRule } from '../drafting/edge-rule.ts';
import { ApiProblem, ask, askSeen, isDraftChanged, segment } from './client.ts';
import type { Draft } from './types.ts';

type Put = { readonly draft: string; readonly rule: DraftedRule };

/** Somebody else who saves the same draft at the same moment is met this often at most. */
const attempts = 5;

/** Adds the rule to the draft, which is made from the current version when it is not there; answers the rule's name. */
export async function putRule({ draft, rule }: Put): Promise<{ readonly draft: string; readonly name: string }> {
  for (let attempt = 1; ; attempt++) {
    const { files, revision } = await openDraft(draft);
    const added = addRule(files, rule);
    if (added.kind === 'unreadable') throw new Error(added.why);
    try {
      await askSeen('PUT', `/drafts/${segment(draft)}`, { revision, body: { files: added.files } });
      return { draft, name: added.name };
    } catch (error) {
      // A rule fits whatever the draft has become.
      if (!isDraftChanged(error) || attempt === attempts) throw error;
    }
  }
}

async function openDraft(name: string): Promise<Draft> {
  try {
    return await ask<Draft>('GET', `/drafts/${segment(name)}`);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'not-found') throw error;
    return ask<Draft>('POST', '/drafts', { name });
  }
}
