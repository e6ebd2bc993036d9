import { hasErrors, type Problem } from '@bulkhead/model/problem.ts';
import { checkPolicy } from '@bulkhead/policy/check.ts';
import Type from 'typebox';
import { actorName } from '../../auth/permissions.ts';
import { draftMeaning, unknownAssignments } from '../../provision/drafts.ts';
import { ipListFile, prefixesOfCsv } from '../../provision/ip-list-file.ts';
import type { DraftChange, DraftRecord } from '../../store/drafts.ts';
import type { VersionRecord } from '../../store/versions.ts';
import { iso } from '../host-view.ts';
import { checkAssignments } from '../labels.ts';
import { pageByKey, pageQuery } from '../page.ts';
import { type Api, type ApiParts, needs } from '../parts.ts';
import { notFound, Refused } from '../problem.ts';
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
  app.get('/drafts', { config: needs('view'), schema: { querystring: Type.Object(pageQuery) } }, async (request) => {
    const page = pageByKey(await store.drafts.all(), (draft) => draft.name, request.query);
    return { ...page, items: page.items.map(summary) };
  });

  app.get('/drafts/:name', { config: needs('view'), schema: { params: nameParams } }, async (request) =>
    draftView(parts, await findDraft(parts, request.params.name)),
  );

  const edit = { config: needs('edit'), bodyLimit: policyBodyLimit };
  app.post('/drafts', { ...edit, schema: { body: newDraft } }, async (request, reply) => {
    const { name, ...body } = request.body;
    if ((await store.drafts.get(name)) !== null) {
      throw new Refused(
        'already-exists',
        `Cannot create draft "${name}": there is one of that name, change or delete it`,
      );
    }
    const draft = await putDraft(parts, { name, body, updatedBy: actorName(request.actor) });
    return reply.code(201).send(await draftView(parts, draft));
  });

  app.put(
    '/drafts/:name',
    { ...edit, schema: { params: Type.Object({ name: draftName }), body: draftBody } },
    async (request) => {
      const { name } = request.params;
      const draft = await putDraft(parts, { name, body: request.body, updatedBy: actorName(request.actor) });
      return draftView(parts, draft);
    },
  );

  app.delete('/drafts/:name', { config: needs('edit'), schema: { params: nameParams } }, async (request, reply) => {
    const { name } = request.params;
    if (!(await store.drafts.remove(name))) throw notFound('draft', name);
    await store.audit.add({ actor: actorName(request.actor), action: 'draft.remove', subject: name, detail: {} });
    return reply.code(204).send();
  });

  const params = Type.Object({ name: draftName, list: Type.String({ minLength: 1, maxLength: 100 }) });
  const takes = { 'application/json': ipListBody, 'text/csv': Type.String() };
  const putList = { ...edit, config: { ...needs('edit'), takes }, schema: { params } };
  app.put('/drafts/:name/ip-lists/:list', putList, async (request) => {
    const { name, list } = request.params;
    const { file, problems } = ipListFile({ name: list, ...readIpListBody(request.body) });
    if (file === null) {
      throw new Refused('invalid-request', problems[0]?.message ?? 'Cannot read this ip list', problems.slice(0, 1000));
    }
    const before = await store.drafts.get(name);
    const base = before ?? parts.conductor.current;
    const files = [...base.files.filter(({ path }) => path !== file.path), file];
    const body = before === null ? { files } : { base: before.base, files, labels: before.labels };
    const draft = await putDraft(parts, { name, body, updatedBy: actorName(request.actor) });
    return draftView(parts, draft);
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
  readonly body: Partial<Pick<DraftChange, 'base' | 'files' | 'labels'>>;
  readonly updatedBy: string;
};

/** What the body leaves out is kept from the draft as it was, or taken from the base of a new one. */
export async function putDraft(
  { store, conductor }: ApiParts,
  { name, body, updatedBy }: DraftPut,
): Promise<DraftRecord> {
  const before = await store.drafts.get(name);
  const base = await store.versions.get(body.base ?? before?.base ?? conductor.current.number);
  if (base === null) throw notFound('version', body.base ?? 0);
  const { files = before?.files ?? base.files, labels = before?.labels ?? [] } = body;
  checkAssignments(labels);
  if (new Set(files.map(({ path }) => path)).size < files.length) {
    throw new Refused('invalid-request', 'Cannot keep this draft: two files have the same path, one each is needed');
  }
  await store.transaction(async ({ drafts, audit }) => {
    await drafts.put({ name, base: base.number, files, labels, updatedBy });
    const detail = { base: base.number, files: files.map(({ path }) => path), labels: labels.length };
    await audit.add({ actor: updatedBy, action: 'draft.put', subject: name, detail });
  });
  const draft = await store.drafts.get(name);
  if (draft === null) throw notFound('draft', name);
  return draft;
}

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

export function draftProblems(parts: ApiParts, draft: DraftRecord, base: VersionRecord): readonly Problem[] {
  const { problems, documents } = parts.side(draftMeaning(draft, base));
  const hints = checkPolicy(documents, parts.clock()).filter(({ code }) => hintCodes.has(code));
  return [...problems, ...hints, ...unknownAssignments(draft.labels, (name) => parts.estate.get(name) !== null)];
}

/** Valid and hardly meant; everything else that the check says, the side has said already. */
const hintCodes = new Set(['selects-nothing', 'no-instances', 'empty-ip-list', 'expired']);

const summary = ({ name, base, files, labels, revision, updatedAt, updatedBy }: DraftRecord) => ({
  name,
  base,
  files: files.map(({ path }) => ({ path })),
  labels,
  revision,
  updated: iso(updatedAt),
  updatedBy,
});
