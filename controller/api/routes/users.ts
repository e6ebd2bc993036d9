import Type from 'typebox';
import { invitationSeconds, invite, removeUser } from '../../auth/invitations.ts';
import { actorName } from '../../auth/permissions.ts';
import { type Role, roles } from '../../store/users.ts';
import { linkAnswer, usersAnswer } from '../answers/people.ts';
import { iso } from '../host-view.ts';
import { pageByKey, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { notFound, Refused } from '../problem.ts';
import { userName } from './setup.ts';

const inviteBody = Type.Object(
  { name: userName, role: Type.Union(roles.map((role) => Type.Literal(role))) },
  { additionalProperties: false },
);
const nameParams = Type.Object({ name: userName });

export function userRoutes(app: Api, { store, clock }: ApiParts): void {
  const listed = { config: answers('administer', usersAnswer), schema: { querystring: Type.Object(pageQuery) } };
  app.get('/users', listed, async (request) => {
    const [users, invitations] = [await store.users.all(), await store.invitations.all()];
    const expiries = new Map(invitations.map(({ name, expiresAt }) => [name, iso(expiresAt)]));
    const known = new Set(users.map(({ name }) => name));
    const all = [
      ...users.map(({ name, role }) => ({ name, role, state: 'active', linkExpires: expiries.get(name) ?? null })),
      ...invitations
        .filter(({ name }) => !known.has(name))
        .map(({ name, role, expiresAt }) => ({ name, role, state: 'invited', linkExpires: iso(expiresAt) })),
    ];
    return pageByKey(
      all.sort((a, b) => (a.name < b.name ? -1 : 1)),
      (user) => user.name,
      request.query,
    );
  });

  const secret = { config: { ...answers('administer', linkAnswer), unkept: true } };
  const link = async (name: string, role: Role, by: string) => {
    const token = await invite(store, { name, role, by, now: clock() });
    const expires = iso(clock() + invitationSeconds * 1000);
    return { name, role, linkExpires: expires, path: `/setup#${token}&name=${name}` };
  };
  app.post('/users', { ...secret, schema: { body: inviteBody } }, async (request, reply) => {
    const { name, role } = request.body;
    if ((await store.users.get(name)) !== null || (await store.apiTokens.get(name)) !== null) {
      const detail = `Cannot invite "${name}": there is a user or a token of that name, ask for a new link or choose another`;
      throw new Refused('already-exists', detail);
    }
    return reply.code(201).send(await link(name, role, actorName(request.actor)));
  });

  app.post('/users/:name/link', { ...secret, schema: { params: nameParams } }, async (request, reply) => {
    const { name } = request.params;
    const invited = (await store.invitations.all()).find((one) => one.name === name);
    const known = (await store.users.get(name)) ?? invited;
    if (known === undefined) throw notFound('user', name);
    return reply.code(201).send(await link(name, known.role, actorName(request.actor)));
  });

  app.delete(
    '/users/:name',
    { config: needs('administer'), schema: { params: nameParams } },
    async (request, reply) => {
      const { name } = request.params;
      const removal = await removeUser(store, name, actorName(request.actor));
      if (removal === 'unknown') throw notFound('user', name);
      if (removal === 'last-admin') {
        throw new Refused('last-admin', `Cannot remove "${name}": nobody else is an administrator, make one first`);
      }
      return reply.code(204).send();
    },
  );
}
