import { mergeAssignments } from '@bulkhead/model/assigned-labels.ts';
import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { checkPolicy } from '@bulkhead/policy/check.ts';
import type { FastifyReply } from 'fastify';
import Type from 'typebox';
import { type Actor, actorName, isAdministrator } from '../../auth/permissions.ts';
import { draftMeaning, unknownAssignments } from '../../provision/drafts.ts';
import { ipListFile, prefixesOfCsv } from '../../provision/ip-list-file.ts';
import type { Side } from '../../provision/side.ts';
import type { DraftChange, DraftRecord } from '../../store/drafts.ts';
import type { Store } from '../../store/open-store.ts';
import type { LabelAssignment } from '../../store/policy-text.ts';
import type { VersionRecord } from '../../store/versions.ts';
import { draftAnswer, draftsAnswer } from '../answers/policy.ts';
import { checkFiles } from '../check-files.ts';
import { type DraftHeaders, draftHeaders, etagOf, refuseChanged } from '../draft-state.ts';
import { iso } from '../host-view.ts';
import { checkAssignments } from '../labels.ts';
import { pageByKey, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { notFound, Refused } from '../problem.ts';
import { refuseNotOwned } from '../refuse-not-owned.ts';
import { assignmentsSchema, filesSchema, nameParams, policyBodyLimit } from '../schemas.ts';

const draftName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$' });
const content = {
  base: Type.Optional(Type.Integer({ minimum: 0, description: 'Absent: the current version' })),
  files: Type.Optional(filesSchema),
  labels: Type.Optional(assignmentsSchema),
};
const newDraft = Type.Object({ name: draftName, ...content }, { additionalProperties: false });
const draftBody = Type.Object(content, { additionalProperties: false });
const ipListBody = Type.Object(
  {
    prefixes: Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1_000_000 }),
    except: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 1_000_000 })),
  },
  { additionalProperties: false },
);

export function draftRoutes(app: Api, parts: ApiParts): void {
  const { store } = parts;
  app.get(
    '/drafts',
    { config: answers('view', draftsAnswer), schema: { querystring: Type.Object(pageQuery) } },
    async (request) => {
      const page = pageByKey(await store.drafts.all(), (draft) => draft.name, request.query);
      return { ...page, items: page.items.map(summary) };
    },
  );

  app.get(
    '/drafts/:name',
    { config: answers('view', draftAnswer), schema: { params: nameParams } },
    async (request, reply) => showDraft(parts, reply, await findDraft(parts, request.params.name)),
  );

  const edit = { config: answers('edit', draftAnswer), bodyLimit: policyBodyLimit };
  app.post('/drafts', { ...edit, schema: { body: newDraft } }, async (request, reply) => {
    const { name, ...content } = request.body;
    const body = (before: DraftRecord | null) => {
      if (before === null) return content;
      const detail = `Cannot create draft "${name}": there is one of that name, change or delete it`;
      throw new Refused('already-exists', detail);
    };
    const draft = await putDraft(parts, { name, body, actor: request.actor });
    return showDraft(parts, reply.code(201), draft);
  });

  app.put(
    '/drafts/:name',
    { ...edit, schema: { params: Type.Object({ name: draftName }), headers: draftHeaders, body: draftBody } },
    async ({ params: { name }, headers, body, actor }, reply) => {
      const draft = await putDraft(parts, { name, headers, body: () => body, actor });
      return showDraft(parts, reply, draft);
    },
  );

  const remove = { config: needs('edit'), schema: { params: nameParams, headers: draftHeaders } };
  app.delete('/drafts/:name', remove, async ({ params: { name }, headers, actor }, reply) => {
    await store.transaction(async ({ drafts, versions, audit }) => {
      const draft = await drafts.get(name);
      if (draft === null) throw notFound('draft', name);
      refuseChanged(name, draft, headers);
      await refuseDraft(parts, { actor, draft, versions });
      await drafts.remove(name);
      await audit.add({ actor: actorName(actor), action: 'draft.remove', subject: name, detail: {} });
    });
    return reply.code(204).send();
  });

  const params = Type.Object({ name: draftName, list: Type.String({ minLength: 1, maxLength: 100 }) });
  const takes = { 'application/json': ipListBody, 'text/csv': Type.String() };
  const putList = {
    ...edit,
    config: { ...answers('edit', draftAnswer), takes },
    schema: { params, headers: draftHeaders },
  };
  app.put('/drafts/:name/ip-lists/:list', putList, async (request, reply) => {
    const { name, list } = request.params;
    const { file, problems } = ipListFile({ name: list, ...readIpListBody(request.body) });
    if (file === null) {
      throw new Refused('invalid-request', problems[0]?.message ?? 'Cannot read this ip list', problems.slice(0, 1000));
    }
    const body = (before: DraftRecord | null) => {
      const { files } = before ?? parts.conductor.current;
      return { files: [...files.filter(({ path }) => path !== file.path), file] };
    };
    const { headers, actor } = request;
    return showDraft(parts, reply, await putDraft(parts, { name, headers, body, actor }));
  });
}

function readIpListBody(body: unknown): { readonly prefixes: readonly string[]; readonly except: readonly string[] } {
  if (typeof body === 'string') return { prefixes: prefixesOfCsv(body), except: [] };
  const read = body as Type.Static<typeof ipListBody>;
  const isList = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (!isList(read?.prefixes) || !isList(read.except ?? [])) {
    throw new Refused(
      'invalid-request',
      'Cannot read this ip list: {"prefixes": [...], "except": [...]} or CSV is needed',
    );
  }
  return { prefixes: read.prefixes, except: read.except ?? [] };
}

export async function findDraft({ store }: ApiParts, name: string): Promise<DraftRecord> {
  const draft = await store.drafts.get(name);
  if (draft === null) throw notFound('draft', name);
  return draft;
}

type DraftPut = {
  readonly name: string;
  readonly headers?: DraftHeaders;
  /** From the draft as it is; null: there is none. */
  readonly body: (before: DraftRecord | null) => Partial<Pick<DraftChange, 'base' | 'files' | 'labels'>>;
  readonly actor: Actor;
};

/** What the body leaves out is kept from the draft as it was, or taken from the base of a new one. */
export function putDraft(parts: ApiParts, { name, headers = {}, body, actor }: DraftPut): Promise<DraftRecord> {
  const { store, conductor } = parts;
  const updatedBy = actorName(actor);
  return store.transaction(async ({ drafts, versions, audit }) => {
    const before = await drafts.get(name);
    refuseChanged(name, before, headers);
    if (before !== null) await refuseDraft(parts, { actor, draft: before, versions });
    const change = body(before);
    const base = await versions.get(change.base ?? before?.base ?? conductor.current.number);
    if (base === null) throw notFound('version', change.base ?? 0);
    const { files = before?.files ?? base.files, labels = before?.labels ?? [] } = change;
    checkAssignments(labels);
    if (change.files !== undefined) checkFiles(files, base.files);
    await refuseDraft(parts, { actor, draft: { base: base.number, files, labels }, versions });
    await drafts.put({ name, base: base.number, files, labels, updatedBy });
    const detail = { base: base.number, files: files.map(({ path }) => path), labels: labels.length };
    await audit.add({ actor: updatedBy, action: 'draft.put', subject: name, detail });
    const draft = await drafts.get(name);
    if (draft === null) throw notFound('draft', name);
    return draft;
  });
}

type JudgedDraft = {
  readonly actor: Actor;
  readonly draft: Pick<DraftRecord, 'base' | 'files' | 'labels'>;
  readonly versions: Store['versions'];
};

/** What a draft says of its base is its maker's to say, by the ownership then and by that now. */
async function refuseDraft(parts: ApiParts, { actor, draft, versions }: JudgedDraft): Promise<void> {
  const base = isAdministrator(actor) ? null : await versions.get(draft.base);
  if (base === null) return;
  const after = { files: draft.files, labels: mergeAssignments(base.labels, draft.labels) };
  refuseNotOwned(parts, { actor, before: base, after, ownership: [base, parts.conductor.current] });
}

const showDraft = (parts: ApiParts, reply: Pick<FastifyReply, 'header'>, draft: DraftRecord) => {
  reply.header('etag', etagOf(draft));
  return draftView(parts, draft);
};

/** A draft is kept as it was written; what is wrong with it is said every time it is shown. */
export async function draftView(parts: ApiParts, draft: DraftRecord) {
  const base = await baseOf(parts, draft);
  const problems = draftProblems(parts, draft, base);
  const { files, labels } = draft;
  return {
    ...summary(draft),
    baseMoved: base.number !== parts.conductor.current.number,
    files,
    labels,
    problems,
    sound: !hasErrors(problems),
  };
}

export async function baseOf({ store }: ApiParts, draft: DraftRecord): Promise<VersionRecord> {
  const base = await store.versions.get(draft.base);
  if (base === null) throw notFound('version', draft.base);
  return base;
}

export const draftProblems = (parts: ApiParts, draft: DraftRecord, base: VersionRecord): readonly Problem[] =>
  problemsOfSide(parts, draft.labels, parts.side(draftMeaning(draft, base)));

/** Of a policy that is not in force yet, and the labels that it assigns. */
export function problemsOfSide(
  parts: ApiParts,
  labels: readonly LabelAssignment[],
  { problems, documents }: Pick<Side, 'problems' | 'documents'>,
): readonly Problem[] {
  const hints = checkPolicy(documents, parts.clock()).filter(({ code }) => hintCodes.has(code));
  return [...problems, ...hints, ...unknownAssignments(labels, (name) => parts.estate.get(name) !== null)];
}

/** Valid and hardly meant; everything else that the check says, the side has said already. */
const hintCodes = new Set(['selects-nothing', 'no-instances', 'unknown-port-name', 'empty-ip-list', 'expired']);

const summary = ({ name, base, files, labels, revision, updatedAt, updatedBy }: DraftRecord) => ({
  name,
  base,
  files: files.map(({ path }) => ({ path })),
  labels,
  revision,
  updated: iso(updatedAt),
  updatedBy,
});
