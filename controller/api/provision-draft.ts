import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { defaultLiveMode, type LiveMode } from '@bulkhead/model/words.ts';
import { type Actor, actorName } from '../auth/permissions.ts';
import { draftMeaning } from '../provision/drafts.ts';
import type { WaveSettings } from '../provision/wave-settings.ts';
import type { Stores } from '../store/open-store.ts';
import type { NewVersion, VersionRecord } from '../store/versions.ts';
import { checkFiles } from './check-files.ts';
import { type DraftHeaders, draftChanged, refuseChanged } from './draft-state.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';
import { refuseNotOwned } from './refuse-not-owned.ts';
import { refuseTooLarge } from './refuse-too-large.ts';
import { baseOf, draftProblems, findDraft, problemsOfSide } from './routes/drafts.ts';
import { type GivenContent, wholeContent } from './whole-content.ts';

/**
 * Makes a draft the next version and takes it away. Refused: `base-moved` when another version was provisioned since
 * the draft was made, `draft-changed` when it is not as `headers` say, `draft-has-problems` when one of them is an error; then nothing has changed.
 */
export async function provisionDraft(
  parts: ApiParts,
  name: string,
  { actor, note, waves, live, headers = {} }: ProvisionAsked,
): Promise<VersionRecord> {
  const draft = await findDraft(parts, name);
  refuseChanged(name, draft, headers);
  const base = await baseOf(parts, draft);
  const what = `draft "${name}"`;
  refuseProblems(what, draftProblems(parts, draft, base));
  const content = draftMeaning(draft, base);
  // It may have been kept before paths were looked at.
  checkFiles(content.files, base.files);
  refuseNotOwned(parts, { actor, before: base, after: content, ownership: [base, parts.conductor.current] });
  await refuseTooLarge(parts, what, parts.side(content));
  const version = { ...content, base: base.number, note, createdBy: actorName(actor) };
  return provisionVersion(parts, { what, version, waves, live, detail: { draft: name } }, async (stores) => {
    // Looked at inside the transaction: somebody else may have edited meanwhile.
    if ((await stores.drafts.get(name))?.revision !== draft.revision) {
      throw draftChanged(name, 'it was changed just now');
    }
    await stores.drafts.remove(name);
  });
}

type ProvisionAsked = {
  readonly actor: Actor;
  readonly note: string;
  readonly waves: WaveSettings | null;
  readonly live: LiveMode;
  readonly headers?: DraftHeaders;
};

/** Makes a policy that is in no draft the next version, on top of the version that its maker looked at. Refused as a draft is. */
export async function provisionContent(parts: ApiParts, given: ContentProvision): Promise<VersionRecord> {
  const { base, note, actor, waves, live } = given;
  const { current } = parts.conductor;
  const content = wholeContent(given, current);
  const what = 'this policy';
  // Before its problems: what is wrong may be that it was written for another version.
  if (base !== current.number) throw baseMoved(what, base, current.number);
  refuseNotOwned(parts, { actor, before: current, after: content, ownership: [current] });
  const side = parts.side(content);
  refuseProblems(what, problemsOfSide(parts, content.labels, side));
  await refuseTooLarge(parts, what, side);
  const version = { ...content, base, note, createdBy: actorName(actor) };
  return provisionVersion(parts, { what, version, waves, live, detail: {} });
}

type ContentProvision = GivenContent & {
  readonly base: number;
  readonly note: string;
  readonly actor: Actor;
  readonly waves: WaveSettings | null;
  readonly live: LiveMode;
};

function refuseProblems(what: string, problems: readonly Problem[]): void {
  if (!hasErrors(problems)) return;
  const detail = `Cannot provision ${what}: its policy has errors, mend them first`;
  throw new Refused('draft-has-problems', detail, problems);
}

type Provisioned = {
  readonly what: string;
  readonly version: NewVersion & { readonly base: number };
  readonly detail: object;
  readonly waves: WaveSettings | null;
  readonly live: LiveMode;
};

function provisionVersion(
  { conductor }: ApiParts,
  { what, version, detail, waves, live }: Provisioned,
  more: (stores: Stores) => Promise<void> = async () => {},
): Promise<VersionRecord> {
  const { base, note, createdBy: actor } = version;
  const also = async (stores: Stores, added: VersionRecord): Promise<void> => {
    // Looked at inside the transaction: somebody else may have provisioned meanwhile.
    if (added.number !== base + 1) throw baseMoved(what, base, added.number - 1);
    await more(stores);
    const said = { ...detail, base, hash: added.hash, note, ...(live !== defaultLiveMode && { connections: live }) };
    await stores.audit.add({ actor, action: 'provision', subject: `version ${added.number}`, detail: said });
  };
  return conductor.provision(version, also, { waves, live });
}

function baseMoved(what: string, base: number, current: number): Refused {
  const detail = `Cannot provision ${what}: it was made from version ${base} and ${current} is current, make it again from that`;
  return new Refused('base-moved', detail);
}
