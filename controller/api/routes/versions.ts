import { defaultLiveMode } from '@bulkhead/model/words.ts';
import Type from 'typebox';
import { type Actor, actorName, isPermitted } from '../../auth/permissions.ts';
import { assignmentsBetween } from '../../estate/labels.ts';
import type { VersionRecord } from '../../store/versions.ts';
import { differenceAnswer, versionAnswer, versionsAnswer } from '../answers/policy.ts';
import { differenceBetween } from '../difference.ts';
import { iso } from '../host-view.ts';
import { pageByNumber, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { notFound, Refused } from '../problem.ts';
import { provisionDraft } from '../provision-draft.ts';
import { versionParams } from '../schemas.ts';
import { answerInSteps } from '../step-stream.ts';
import { draftView, putDraft } from './drafts.ts';

const pair = Type.Object({ version: Type.Integer({ minimum: 0 }), other: Type.Integer({ minimum: 0 }) });
const restoreQuery = Type.Object({ provision: Type.Optional(Type.Boolean()) });

export function versionRoutes(app: Api, parts: ApiParts): void {
  const { store, conductor } = parts;
  app.get(
    '/versions',
    { config: answers('view', versionsAnswer), schema: { querystring: Type.Object(pageQuery) } },
    async (request) => {
      const page = await pageByNumber(request.query, store.versions.list, (version) => version.number);
      return { ...page, items: page.items.map((version) => summary(version, conductor.current.number)) };
    },
  );

  app.get(
    '/versions/:version',
    { config: answers('view', versionAnswer), schema: { params: versionParams } },
    async (request) => {
      const version = await findVersion(parts, request.params.version);
      const { files, labels } = version;
      return { ...summary(version, conductor.current.number), files, labels };
    },
  );

  app.get(
    '/versions/:version/diff/:other',
    { config: answers('view', differenceAnswer), schema: { params: pair } },
    async (request, reply) => {
      const { version, other } = request.params;
      const between = [await findVersion(parts, version), await findVersion(parts, other)] as const;
      return answerInSteps(request, reply, (watching) => differenceBetween(parts, between, watching));
    },
  );

  const restore = { config: needs('edit'), schema: { params: versionParams, querystring: restoreQuery } };
  app.post('/versions/:version/restore', restore, async (request, reply) => {
    const { actor } = request;
    const provision = request.query.provision === true;
    if (provision && !isPermitted(actor, 'provision')) {
      throw new Refused('not-permitted', `Cannot provision as "${actorName(actor)}": it needs provision`);
    }
    const version = await findVersion(parts, request.params.version);
    const draft = await draftOf(parts, version, actor);
    if (!provision) return reply.code(201).send(await draftView(parts, draft));
    const note = `restores version ${version.number}`;
    const added = await provisionDraft(parts, draft.name, { actor, note, waves: parts.waves, live: defaultLiveMode });
    return reply.code(202).send({ version: added.number });
  });
}

/** A draft on top of the current version that says what the older one said, labels included. */
async function draftOf(parts: ApiParts, version: VersionRecord, actor: Actor) {
  const { current } = parts.conductor;
  const ownLabels = (workload: string) => parts.estate.get(workload)?.labels ?? {};
  const labels = assignmentsBetween(current.labels, version.labels, ownLabels);
  const body = { base: current.number, files: version.files, labels };
  return putDraft(parts, { name: `restore-${version.number}`, body: () => body, actor });
}

async function findVersion({ store }: ApiParts, number: number): Promise<VersionRecord> {
  const version = await store.versions.get(number);
  if (version === null) throw notFound('version', number);
  return version;
}

function summary({ number, hash, base, note, createdAt, createdBy, files }: VersionRecord, current: number) {
  const paths = files.map(({ path }) => path);
  return { number, hash, base, note, created: iso(createdAt), createdBy, paths, current: number === current };
}
