import { isDeepStrictEqual } from 'node:util';
import Type from 'typebox';
import { actorName } from '../../auth/permissions.ts';
import type { IsolationRun } from '../../provision/isolation-run.ts';
import type { IsolationRecord, NewIsolation } from '../../store/isolations.ts';
import { isolationAnswer, isolationPreviewAnswer, isolationsAnswer, leaksAnswer } from '../answers/isolations.ts';
import { iso, isoOrNull } from '../host-view.ts';
import { pageByNumber, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers } from '../parts.ts';
import { previewIsolation } from '../preview-isolation.ts';
import { notFound, Refused } from '../problem.ts';
import { readIsolation, refuseForeign } from '../read-isolation.ts';
import { answerInSteps } from '../step-stream.ts';
import { turns } from '../turns.ts';

const name = Type.String({ minLength: 1, maxLength: 253 });
const ruleName = Type.String({ minLength: 1, maxLength: 100 });
const reason = Type.Optional(Type.String({ maxLength: 2000 }));
const isolationBody = Type.Object(
  {
    workloads: Type.Optional(Type.Array(name, { minItems: 1, maxItems: 10_000, description: 'By name' })),
    selector: Type.Optional(Type.String({ maxLength: 4096, description: 'Or whatever it matches, also later' })),
    rescue: Type.Optional(
      Type.Union([Type.Array(ruleName, { maxItems: 100 }), Type.Null()], {
        description: 'Rules and rulesets of tier rescue that go on; absent or null: all of them',
      }),
    ),
    allow: Type.Optional(
      Type.Array(Type.String({ minLength: 1, maxLength: 4096 }), {
        maxItems: 32,
        description: 'Rescue access of its own, as `10.0.0.5 tcp/22` or `role=admin tcp/22`',
      }),
    ),
    reason,
    expires: Type.Optional(Type.String({ format: 'date-time', description: 'Absent: until it is released' })),
  },
  { additionalProperties: false },
);
const idParams = Type.Object({ id: Type.Integer({ minimum: 1 }) });
const listQuery = Type.Object({
  ...pageQuery,
  all: Type.Optional(Type.Boolean({ description: 'Those that were released, too' })),
});
/** A request without a body has none to say. */
const releaseBody = Type.Union([Type.Object({ reason }, { additionalProperties: false }), Type.Null()]);

export function isolationRoutes(app: Api, parts: ApiParts): void {
  const { store, isolations, isolating } = parts;
  const inTurn = turns();
  app.get(
    '/isolations',
    { config: answers('view', isolationsAnswer), schema: { querystring: listQuery } },
    async ({ query }) => {
      const list = async (page: { readonly before: number | null; readonly limit: number }) => {
        if (query.all === true) return store.isolations.list(page);
        const newest = isolations.records.toReversed();
        return newest.filter(({ id }) => page.before === null || id < page.before).slice(0, page.limit);
      };
      const page = await pageByNumber(query, list, ({ id }) => id);
      return { ...page, items: page.items.map((record) => summary(parts, record)) };
    },
  );

  const isolate = { config: answers('isolate', isolationAnswer), schema: { body: isolationBody } };
  app.post('/isolations', isolate, async ({ body, actor }, reply) => {
    const asked = readIsolation(parts, body, actor);
    const same = isolations.records.find((record) => isSame(record, asked));
    if (same !== undefined) return reply.code(200).send(view(parts, same));
    const record = await isolating.isolate(asked);
    return reply.code(201).header('location', `/api/v1/isolations/${record.id}`).send(view(parts, record));
  });

  const look = {
    config: { ...answers('view', isolationPreviewAnswer), unkept: true },
    schema: { body: isolationBody },
  };
  app.post('/isolations/preview', look, async (request, reply) =>
    answerInSteps(request, reply, ({ signal }) =>
      inTurn(signal, () => {
        const asked = readIsolation(parts, request.body, request.actor);
        return previewIsolation(parts, asked, signal);
      }),
    ),
  );

  app.get(
    '/isolations/:id',
    { config: answers('view', isolationAnswer), schema: { params: idParams } },
    async ({ params }) => view(parts, await find(parts, params.id)),
  );

  app.get(
    '/isolations/:id/leaks',
    { config: answers('view', leaksAnswer), schema: { params: idParams } },
    async (request, reply) => {
      const { id } = request.params;
      if (isolations.record(id) === null) throw notFound('isolation in force', id);
      return answerInSteps(request, reply, ({ signal }) =>
        inTurn(signal, async () => {
          const leaks = await isolating.leaks([id], signal);
          if (leaks === null)
            throw new Refused('internal', 'Cannot say what leaks: the current version cannot be built');
          return leaks;
        }),
      );
    },
  );

  const release = { config: answers('isolate', isolationAnswer), schema: { params: idParams, body: releaseBody } };
  app.post('/isolations/:id/release', release, async ({ params, body, actor }) => {
    const record = isolations.record(params.id);
    if (record === null) throw notFound('isolation in force', params.id);
    refuseForeign(parts, record.of, actor);
    const released = await isolating.release(params.id, actorName(actor), body?.reason ?? '');
    if (released === null) throw notFound('isolation in force', params.id);
    return view(parts, await find(parts, params.id));
  });
}

async function find({ store, isolations }: ApiParts, id: number): Promise<IsolationRecord> {
  const record = isolations.record(id) ?? (await store.isolations.get(id));
  if (record === null) throw notFound('isolation', id);
  return record;
}

/** The same order once more is no other isolation; one that ends by itself is. */
const isSame = (record: IsolationRecord, { of, rescue, allow, expiresAt }: NewIsolation): boolean =>
  isDeepStrictEqual([record.of, record.rescue, record.allow], [of, rescue, allow]) &&
  record.expiresAt === null &&
  expiresAt === null;

function fields({ isolating }: ApiParts, record: IsolationRecord) {
  const { id, of, rescue, allow, reason, createdAt, createdBy, expiresAt, releasedAt, releasedBy } = record;
  return {
    id,
    workloads: isolating.members(id),
    names: 'names' in of ? of.names : null,
    selector: 'selector' in of ? of.selector : null,
    rescue,
    allow: allow.map(({ text }) => text),
    reason,
    created: iso(createdAt),
    createdBy,
    expires: isoOrNull(expiresAt),
    released: isoOrNull(releasedAt),
    releasedBy,
  };
}

const summary = (parts: ApiParts, record: IsolationRecord) => ({
  ...fields(parts, record),
  state: parts.isolating.run(record)?.state ?? null,
});

function view(parts: ApiParts, record: IsolationRecord) {
  const run = parts.isolating.run(record);
  return {
    ...fields(parts, record),
    run: run === null ? null : runView(run),
    closed: run === null ? null : closedBy(run),
  };
}

function runView({ startedAt, finishedAt, probes, ...run }: IsolationRun) {
  const tried = probes === null ? null : { ...probes, at: iso(probes.at) };
  return { ...run, startedAt: iso(startedAt), finishedAt: isoOrNull(finishedAt), probes: tried };
}

/** Of each side how many are read back, and who is not. */
function closedBy({ hosts }: IsolationRun) {
  const of = (role: 'isolated' | 'peer') => {
    const all = hosts.filter((host) => host.role === role);
    const open = all.filter(({ state }) => state !== 'proven').map(({ workload }) => workload);
    return { all: all.length, proven: all.length - open.length, open };
  };
  return { isolated: of('isolated'), peers: of('peer') };
}
