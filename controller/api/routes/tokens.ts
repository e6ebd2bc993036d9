import Type from 'typebox';
import { createApiToken, revokeApiToken } from '../../auth/api-tokens.ts';
import { actorName } from '../../auth/permissions.ts';
import type { ApiTokenRecord } from '../../store/api-tokens.ts';
import { roles } from '../../store/users.ts';
import { newTokenAnswer, tokensAnswer } from '../answers/people.ts';
import { iso, isoOrNull } from '../host-view.ts';
import { pageByKey, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { notFound, Refused } from '../problem.ts';
import { userName } from './setup.ts';

const day = 24 * 3600 * 1000;
const usualLife = 90 * day;
const longestLife = 366 * day;

const tokenBody = Type.Object(
  {
    name: userName,
    role: Type.Union(roles.map((role) => Type.Literal(role))),
    expires: Type.Optional(Type.String({ format: 'date-time', description: 'Absent: in 90 days' })),
  },
  { additionalProperties: false },
);

export function tokenRoutes(app: Api, { store, clock }: ApiParts): void {
  app.get(
    '/tokens',
    { config: answers('administer', tokensAnswer), schema: { querystring: Type.Object(pageQuery) } },
    async (request) => {
      const page = pageByKey(await store.apiTokens.all(), (token) => token.name, request.query);
      return { ...page, items: page.items.map(publicToken) };
    },
  );

  const config = { ...answers('administer', newTokenAnswer), unkept: true };
  app.post('/tokens', { config, schema: { body: tokenBody } }, async (request, reply) => {
    const { name, role, expires } = request.body;
    const [by, now] = [actorName(request.actor), clock()];
    const created = await createApiToken(store, { name, role, by, now, expiresAt: expiry(expires, now) });
    if (created.kind === 'taken') {
      const detail = `Cannot make a token "${name}": a user or a token has that name, one of its own is needed`;
      throw new Refused('already-exists', detail);
    }
    return reply.code(201).send({ ...publicToken(created.record), token: created.token });
  });

  const remove = { config: needs('administer'), schema: { params: Type.Object({ name: userName }) } };
  app.delete('/tokens/:name', remove, async ({ params: { name }, actor }, reply) => {
    if (!(await revokeApiToken(store, name, actorName(actor)))) throw notFound('token', name);
    return reply.code(204).send();
  });
}

function expiry(text: string | undefined, now: number): number {
  if (text === undefined) return now + usualLife;
  const at = Date.parse(text);
  if (at > now && at <= now + longestLife) return at;
  throw new Refused('invalid-request', `Cannot let a token expire at "${text}": a time within the next year is needed`);
}

const publicToken = ({ name, role, expiresAt, createdAt, createdBy, lastUsedAt }: ApiTokenRecord) => ({
  ...{ name, role, createdBy, expires: iso(expiresAt), created: iso(createdAt), lastUsed: isoOrNull(lastUsedAt) },
});
