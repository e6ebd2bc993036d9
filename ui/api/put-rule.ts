import { addRule } from '../drafting/add-rule.ts';
import type { DraftedRule } from '../drafting/edge-rule.ts';
import { ask, askAll, segment } from './client.ts';
import type { Draft, DraftSummary, Status, Version } from './types.ts';

type Put = { readonly draft: string; readonly rule: DraftedRule };

/** Adds the rule to the draft, which is made from the current version when it is not there; answers the rule's name. */
export async function putRule({ draft, rule }: Put): Promise<{ readonly draft: string; readonly name: string }> {
  const added = addRule(await filesOf(draft), rule);
  if (added.kind === 'unreadable') throw new Error(added.why);
  await ask('PUT', `/drafts/${segment(draft)}`, { files: added.files });
  return { draft, name: added.name };
}

/** More drafts than anybody keeps. */
const draftLimit = 100_000;

async function filesOf(name: string) {
  const { items } = await askAll<DraftSummary>('/drafts?limit=1000', draftLimit);
  if (items.some((draft) => draft.name === name)) return (await ask<Draft>('GET', `/drafts/${segment(name)}`)).files;
  const { version } = await ask<Status>('GET', '/status');
  return (await ask<Version>('GET', `/versions/${version.number}`)).files;
}
