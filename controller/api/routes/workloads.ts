import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { parseSelector } from '@bulkhead/model/selector.ts';
import { guestLimit } from '@bulkhead/wire/messages.ts';
import Type from 'typebox';
import { actorName } from '../../auth/permissions.ts';
import { readWorkload, readWorkloadsCsv, type SoundWorkload } from '../../estate/workload-input.ts';
import { isEnforced, type WorkloadRecord } from '../../store/workloads.ts';
import { workloadAnswer, workloadsAnswer } from '../answers/hosts.ts';
import { whyNotEnforced } from '../guest-view.ts';
import { iso } from '../host-view.ts';
import { longPageQuery, pageByKey } from '../page.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { notFound, Refused } from '../problem.ts';
import { labelsSchema, modeSchema, nameParams } from '../schemas.ts';

const listQuery = Type.Object({
  ...longPageQuery,
  selector: Type.Optional(Type.String({ maxLength: 4096, description: 'A label selector; absent: every workload' })),
});

const address = Type.Union([
  Type.String({ maxLength: 64 }),
  Type.Object({ network: Type.String({ maxLength: 63 }), address: Type.String({ maxLength: 64 }) }),
]);
const workloadBody = Type.Object(
  {
    labels: Type.Optional(labelsSchema),
    addresses: Type.Array(address, { maxItems: 512 }),
    host: Type.Optional(
      Type.String({
        maxLength: 253,
        description: 'The managed workload on whose kernel it runs: its agent enforces. Absent: it is unmanaged',
      }),
    ),
    mode: Type.Optional(
      Type.Intersect([modeSchema], {
        description: 'Of a guest, where no Mode of the policy speaks; observe where absent',
      }),
    ),
  },
  { additionalProperties: false },
);
/** A row of a hundred thousand takes about a hundred bytes. */
const csvBodyLimit = 32 * 1024 * 1024;

export function workloadRoutes(app: Api, parts: ApiParts): void {
  const { estate } = parts;
  app.get(
    '/workloads',
    { config: answers('view', workloadsAnswer), schema: { querystring: listQuery } },
    async (request) => {
      const page = pageByKey(selected(parts, request.query.selector), (workload) => workload.name, request.query);
      return { ...page, items: page.items.map((workload) => workloadView(parts, workload)) };
    },
  );

  app.get(
    '/workloads/:name',
    { config: answers('view', workloadAnswer), schema: { params: nameParams } },
    async (request) => {
      const workload = estate.get(request.params.name);
      if (workload === null) throw notFound('workload', request.params.name);
      return workloadView(parts, workload);
    },
  );

  const put = { config: answers('estate', workloadAnswer), schema: { params: nameParams, body: workloadBody } };
  app.put('/workloads/:name', put, async (request, reply) => {
    const { name } = request.params;
    const { labels = {}, addresses, host = null, mode = 'observe' } = request.body;
    const read = readWorkload({ name, labels, addresses }, null);
    const [workload] = read.workloads;
    if (workload === undefined) throw new Refused('invalid-request', firstMessage(read.problems), read.problems);
    const created = estate.get(name) === null;
    refuseManaged(parts, [name]);
    if (host !== null) refuseHost(parts, name, host);
    await putWorkloads(parts, [{ ...workload, host, mode }], actorName(request.actor));
    const stored = estate.get(name);
    return reply.code(created ? 201 : 200).send(stored && workloadView(parts, stored));
  });

  app.delete(
    '/workloads/:name',
    { config: needs('estate'), schema: { params: nameParams } },
    async (request, reply) => {
      const { name } = request.params;
      const workload = estate.get(name);
      if (workload === null) throw notFound('workload', name);
      if (workload.source !== null && parts.clusters.isWatched(workload.source.cluster))
        throw new Refused('workload-managed', saidByCluster('remove', name));
      const action = workload.managed ? 'workload.revoke' : 'workload.remove';
      await estate.change({
        kind: workload.managed ? 'revoked' : 'removed',
        workload: name,
        to: null,
        also: async ({ audit }) => {
          await audit.add({ actor: actorName(request.actor), action, subject: name, detail: {} });
        },
      });
      return reply.code(204).send();
    },
  );

  const takes = { 'text/csv': Type.String({ description: 'name, addresses, and one column per label key' }) };
  const csv = { config: { ...needs('estate'), takes }, bodyLimit: csvBodyLimit };
  app.post('/workloads/import', csv, async (request) => {
    if (typeof request.body !== 'string') {
      throw new Refused('unsupported-media-type', 'Cannot import this: a body of type text/csv is needed');
    }
    const read = readWorkloadsCsv(request.body, 'import.csv');
    if (read.problems.length > 0)
      throw new Refused('bad-csv', firstMessage(read.problems), read.problems.slice(0, 1000));
    refuseManaged(
      parts,
      read.workloads.map((workload) => workload.name),
    );
    const rows = read.workloads.map((workload) => ({ ...workload, ...whereItRuns(parts, workload.name) }));
    await putWorkloads(parts, rows, actorName(request.actor));
    return { imported: read.workloads.length };
  });
}

function selected({ estate }: ApiParts, text: string | undefined): WorkloadRecord[] {
  if (text === undefined) return estate.workloads();
  const parsed = parseSelector(text, null);
  if (parsed.kind === 'problem') throw new Refused('bad-filter', parsed.problem.message, [parsed.problem]);
  const { requirements } = parsed.selector;
  return estate.workloads().filter((workload) => requirementsMatch(requirements, estate.labels(workload)));
}

const firstMessage = (problems: readonly { readonly message: string }[]): string =>
  problems[0]?.message ?? 'Cannot read this: it is malformed';

function refuseManaged({ estate }: ApiParts, names: readonly string[]): void {
  const ofCluster = names.find((name) => estate.get(name)?.source);
  if (ofCluster !== undefined) throw new Refused('workload-managed', saidByCluster('change', ofCluster));
  const managed = names.find((name) => estate.get(name)?.managed);
  if (managed === undefined) return;
  const detail = `Cannot change workload "${managed}": its agent says what it is, change its labels in a draft`;
  throw new Refused('workload-managed', detail);
}

const saidByCluster = (what: string, name: string): string =>
  `Cannot ${what} workload "${name}": its cluster says what it is, change its labels in a draft`;

/** SPEC G2. */
function refuseHost({ estate }: ApiParts, name: string, host: string): void {
  const record = estate.get(host);
  const cannot = `Cannot put "${name}" on host "${host}"`;
  const why = (so: string) => new Refused('bad-host', `${cannot}: ${so}, a managed workload is needed`);
  if (host === name) throw why('it is the same workload');
  if (record === null) throw why('there is no workload of that name');
  if (record.host !== null) throw why(`it runs on "${record.host}" itself`);
  if (!record.managed) throw why('no agent runs there');
  const guests = estate.guestsOf(host).filter((guest) => guest !== name);
  if (guests.length >= guestLimit) throw why(`it has ${guests.length} guests, at most ${guestLimit} are possible`);
}

/** A table of labels and addresses says nothing of where a guest runs. */
function whereItRuns({ estate }: ApiParts, name: string): Pick<PutWorkload, 'host' | 'mode'> {
  const known = estate.get(name);
  return { host: known?.host ?? null, mode: known?.fallbackMode ?? 'observe' };
}

type PutWorkload = SoundWorkload & Pick<WorkloadRecord, 'host'> & { readonly mode: WorkloadRecord['fallbackMode'] };

/** All of them or none. */
function putWorkloads({ estate }: ApiParts, workloads: readonly PutWorkload[], actor: string): Promise<void> {
  return estate.changeAll(
    workloads.map(({ name, labels, addresses, host, mode }) => ({
      kind: host === null ? 'unmanaged' : 'guest',
      workload: name,
      to: {
        name,
        labels,
        addresses,
        managed: false,
        ports: {},
        fallbackMode: mode,
        serial: null,
        enrolment: 0,
        source: null,
        host,
      },
      also: async ({ audit }) => {
        const detail = { labels, addresses, ...(host !== null && { host, mode }) };
        await audit.add({ actor, action: 'workload.put', subject: name, detail });
      },
    })),
  );
}

function kindOf({ managed, source, host }: WorkloadRecord): 'managed' | 'unmanaged' | 'guest' | 'container' | 'node' {
  if (host !== null) return 'guest';
  if (source !== null) return source.part === 'pod' ? 'container' : 'node';
  return managed ? 'managed' : 'unmanaged';
}

function workloadView({ estate, hosts }: ApiParts, workload: WorkloadRecord) {
  const { name, managed, addresses, fallbackMode, host, createdAt, updatedAt } = workload;
  return {
    name,
    kind: kindOf(workload),
    managed,
    labels: estate.labels(workload),
    /** What enrolment or an import said, before labels that people assigned are laid over it. */
    ownLabels: workload.labels,
    /** The cluster it is a part of, and all labels that it has there. */
    source: workload.source,
    addresses,
    fallbackMode,
    /** Whose agent enforces for it; null: its own, or nobody's. */
    host,
    /** What runs on its kernel. */
    guests: estate.guestsOf(name),
    notEnforced: whyNotEnforced({ estate, hosts }, workload),
    connected: isEnforced(workload) ? hosts.status(name).connected : null,
    created: iso(createdAt),
    updated: iso(updatedAt),
  };
}
