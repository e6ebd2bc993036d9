import { randomBytes } from 'node:crypto';
import { wrongWorkloadName } from '@bulkhead/model/name-text.ts';
import { formatPairingKey } from '@bulkhead/wire/pairing-key.ts';
import Type from 'typebox';
import { actorName } from '../../auth/permissions.ts';
import { newToken, tokenHash } from '../../auth/tokens.ts';
import { isWorkloadName } from '../../pki/identities.ts';
import type { PairingKeyRecord } from '../../store/pairing-keys.ts';
import { pairingKeysAnswer } from '../answers/people.ts';
import { checkLabels } from '../labels.ts';
import { pageByKey, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { notFound, Refused } from '../problem.ts';
import { labelsSchema, modeSchema } from '../schemas.ts';

const day = 24 * 3600 * 1000;
const longestLife = 366 * day;

const keyBody = Type.Object(
  {
    name: Type.Optional(Type.String({ maxLength: 128, description: 'Fixes the workload name; absent: the host name' })),
    labels: Type.Optional(labelsSchema),
    mode: Type.Optional(modeSchema),
    uses: Type.Optional(Type.Integer({ minimum: 1, maximum: 100_000, default: 1 })),
    expires: Type.Optional(Type.String({ format: 'date-time', description: 'Absent: in 24 hours' })),
    replace: Type.Optional(Type.Boolean({ description: 'A host may take over a name that is already enrolled' })),
  },
  { additionalProperties: false },
);

export function pairingKeyRoutes(app: Api, { store, authority, clock }: ApiParts): void {
  app.get(
    '/pairing-keys',
    { config: answers('administer', pairingKeysAnswer), schema: { querystring: Type.Object(pageQuery) } },
    async (request) => {
      const page = pageByKey(await store.pairingKeys.all(), (key) => key.id, request.query);
      return { ...page, items: page.items.map(publicKey) };
    },
  );

  const config = { ...needs('administer'), unkept: true };
  app.post('/pairing-keys', { config, schema: { body: keyBody } }, async (request, reply) => {
    const { name = null, labels = {}, mode = 'observe', uses = 1, replace = false, expires } = request.body;
    if (name !== null && (!isWorkloadName(name) || wrongWorkloadName(name) !== null)) {
      throw new Refused(
        'invalid-request',
        `Cannot name a workload "${name}": letters, digits, "-", "_" and "." are needed`,
      );
    }
    checkLabels(labels);
    const [id, secret] = [randomBytes(6).toString('hex'), newToken()];
    const record: PairingKeyRecord = {
      id,
      secretHash: tokenHash(secret),
      name,
      labels,
      mode,
      replaces: replace,
      usesLeft: uses,
      expiresAt: expiry(expires, clock()),
      createdAt: clock(),
      createdBy: actorName(request.actor),
    };
    await store.transaction(async (stores) => {
      await stores.pairingKeys.put(record);
      const detail = { name, labels, mode, uses, replace, expires: new Date(record.expiresAt).toISOString() };
      await stores.audit.add({ actor: record.createdBy, action: 'pairing-key.create', subject: id, detail });
    });
    const key = formatPairingKey({ id, secret, fingerprint: authority.fingerprint });
    return reply.code(201).send({ ...publicKey(record), key });
  });

  app.delete(
    '/pairing-keys/:id',
    { config: needs('administer'), schema: { params: idParams } },
    async (request, reply) => {
      const { id } = request.params;
      const removed = await store.transaction(async (stores) => {
        if (!(await stores.pairingKeys.remove(id))) return false;
        await stores.audit.add({
          actor: actorName(request.actor),
          action: 'pairing-key.remove',
          subject: id,
          detail: {},
        });
        return true;
      });
      if (!removed) throw notFound('pairing key', id);
      return reply.code(204).send();
    },
  );
}

const idParams = Type.Object({ id: Type.String({ maxLength: 64 }) });

function expiry(text: string | undefined, now: number): number {
  if (text === undefined) return now + day;
  const at = Date.parse(text);
  if (at > now && at <= now + longestLife) return at;
  throw new Refused(
    'invalid-request',
    `Cannot let a pairing key expire at "${text}": a time within the next year is needed`,
  );
}

function publicKey(key: PairingKeyRecord) {
  const { secretHash: _, expiresAt, createdAt, replaces, ...shown } = key;
  return { ...shown, replace: replaces, expires: isoTime(expiresAt), created: isoTime(createdAt) };
}

const isoTime = (milliseconds: number): string => new Date(milliseconds).toISOString();
