import Type from 'typebox';
import { passwordLimits } from '../../auth/passwords.ts';
import { actorName } from '../../auth/permissions.ts';
import { closeSession, logIn, sessionCookie } from '../../auth/sessions.ts';
import { sessionAnswer } from '../answers/people.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { Refused } from '../problem.ts';
import { cookieOptions, guessLimit, userName } from './setup.ts';

const logInBody = Type.Object(
  { name: userName, password: Type.String({ maxLength: passwordLimits.most }) },
  { additionalProperties: false },
);

export function sessionRoutes(app: Api, { store, clock }: ApiParts): void {
  app.get('/session', { config: answers('view', sessionAnswer) }, async ({ actor }) => ({
    name: actorName(actor),
    role: actor.kind === 'user' || actor.kind === 'token' ? actor.role : 'admin',
  }));

  const config = { ...needs('public'), ...guessLimit, unkept: true };
  app.post('/session', { config, schema: { body: logInBody } }, async (request, reply) => {
    const { name } = request.body;
    const token = await logIn(store, clock, request.body);
    await store.audit.add({
      actor: name,
      action: token === null ? 'login.refused' : 'login',
      subject: name,
      detail: {},
    });
    if (token === null) throw new Refused('wrong-password', 'Cannot log in: the name or the password is wrong');
    reply.setCookie(sessionCookie, token, cookieOptions);
    return reply.code(201).send({ name });
  });

  app.delete('/session', { config: needs('view') }, async (request, reply) => {
    const token = request.cookies[sessionCookie];
    if (token !== undefined) {
      await closeSession(store, token);
      const name = actorName(request.actor);
      await store.audit.add({ actor: name, action: 'logout', subject: name, detail: {} });
    }
    return reply.clearCookie(sessionCookie, cookieOptions).code(204).send();
  });
}
