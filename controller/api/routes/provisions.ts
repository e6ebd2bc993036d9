import { defaultLiveMode, liveModes } from '@bulkhead/model/words.ts';
import Type from 'typebox';
import type { HostProgress, WaveRecord } from '../../store/provisions.ts';
import { anomalies } from '../anomalies.ts';
import { anomaliesAnswer, contentPreviewAnswer, previewAnswer, provisionAnswer } from '../answers/policy.ts';
import { acceptSchema, wavesOf, wavesSchema } from '../asked-waves.ts';
import { draftHeaders } from '../draft-state.ts';
import { iso, isoOrNull } from '../host-view.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { preview, previewContent } from '../preview.ts';
import { notFound } from '../problem.ts';
import { provisionContent, provisionDraft } from '../provision-draft.ts';
import { assignmentsSchema, filesSchema, nameParams, policyBodyLimit, versionParams } from '../schemas.ts';
import { answerInSteps } from '../step-stream.ts';
import { turns } from '../turns.ts';

const connectionsSchema = Type.Optional(
  Type.Union(
    liveModes.map((mode) => Type.Literal(mode)),
    {
      description:
        'Live connections that are now denied: drain lets them go on, revalidate (the default) stops them at their next packet, reset tells both ends at once',
    },
  ),
);

const provisionBody = Type.Object(
  {
    note: Type.Optional(Type.String({ maxLength: 2000 })),
    accept: acceptSchema,
    waves: wavesSchema,
    connections: connectionsSchema,
  },
  { additionalProperties: false },
);

const content = { files: filesSchema, labels: Type.Optional(assignmentsSchema) };
const contentBody = Type.Object(content, { additionalProperties: false });
const contentProvision = Type.Object(
  {
    ...content,
    base: Type.Integer({
      minimum: 0,
      description: 'The version that it was made for; refused when that is not current',
    }),
    note: Type.Optional(Type.String({ maxLength: 2000 })),
    accept: acceptSchema,
    waves: wavesSchema,
    connections: connectionsSchema,
  },
  { additionalProperties: false },
);

export function provisionRoutes(app: Api, parts: ApiParts): void {
  const inTurn = turns();
  app.post(
    '/drafts/:name/preview',
    {
      config: { ...answers('view', previewAnswer), unkept: true },
      schema: { params: nameParams, headers: draftHeaders },
    },
    async (request, reply) => {
      const work = await preview(parts, request.params.name, request);
      return answerInSteps(request, reply, (watching) => inTurn(watching.signal, () => work(watching)));
    },
  );

  app.post(
    '/preview',
    {
      config: { ...answers('view', contentPreviewAnswer), unkept: true },
      bodyLimit: policyBodyLimit,
      schema: { body: contentBody },
    },
    async (request, reply) =>
      answerInSteps(request, reply, (watching) =>
        inTurn(watching.signal, () => previewContent(parts, { ...request.body, actor: request.actor }, watching)),
      ),
  );

  app.get(
    '/drafts/:name/anomalies',
    { config: answers('view', anomaliesAnswer), schema: { params: nameParams } },
    async (request, reply) => {
      const work = await anomalies(parts, request.params.name);
      return answerInSteps(request, reply, (watching) => inTurn(watching.signal, () => work(watching)));
    },
  );

  const provision = {
    config: needs('provision'),
    schema: { params: nameParams, headers: draftHeaders, body: Type.Optional(provisionBody) },
  };
  app.post('/drafts/:name/provision', provision, async ({ params, headers, body, actor }, reply) => {
    const waves = wavesOf(body ?? {}, parts.waves);
    const asked = { actor, note: body?.note ?? '', headers, waves, live: body?.connections ?? defaultLiveMode };
    const version = await provisionDraft(parts, params.name, asked);
    return reply.code(202).header('location', `/api/v1/provisions/${version.number}`).send({ version: version.number });
  });

  const put = { config: needs('provision'), bodyLimit: policyBodyLimit, schema: { body: contentProvision } };
  app.post('/provisions', put, async ({ body, actor }, reply) => {
    const waves = wavesOf(body, parts.waves);
    const version = await provisionContent(parts, {
      ...body,
      actor,
      note: body.note ?? '',
      waves,
      live: body.connections ?? defaultLiveMode,
    });
    return reply.code(202).header('location', `/api/v1/provisions/${version.number}`).send({ version: version.number });
  });

  app.get(
    '/provisions/:version',
    { config: answers('view', provisionAnswer), schema: { params: versionParams } },
    async (request) => {
      const { version } = request.params;
      const record = await parts.store.provisions.get(version);
      if (record === null) throw notFound('provisioning of version', version);
      const hosts = record.hosts.map((progress) => progressNow(parts, progress));
      const times = { startedAt: iso(record.startedAt), finishedAt: isoOrNull(record.finishedAt) };
      const { waves } = record;
      return { ...record, ...times, hosts, connections: waves?.live ?? null, waves: waves && wavesView(waves) };
    },
  );
}

/** A host that was away or late when the step ended may have followed since. */
function progressNow({ hosts }: ApiParts, progress: HostProgress) {
  const applied = hosts.status(progress.workload).applied;
  const late = progress.state === 'away' || progress.state === 'timeout';
  const followed = late && applied !== null && applied.generation >= (progress.generation ?? Infinity);
  return { ...progress, state: followed ? 'applied' : progress.state, at: iso(progress.at) };
}

const wavesView = ({ waves, live: _, ...record }: WaveRecord) => ({
  ...record,
  waves: waves.map((wave) => ({
    ...wave,
    startedAt: iso(wave.startedAt),
    watchedUntil: isoOrNull(wave.watchedUntil),
  })),
});
