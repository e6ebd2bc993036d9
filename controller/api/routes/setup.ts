import Type from 'typebox';
import { acceptInvitation } from '../../auth/invitations.ts';
import { passwordLimits } from '../../auth/passwords.ts';
import { openSession, sessionCookie, sessionSeconds } from '../../auth/sessions.ts';
import { completeSetup } from '../../auth/setup.ts';
import type { Store } from '../../store/open-store.ts';
import type { Role } from '../../store/users.ts';
import { setupAnswer } from '../answers/people.ts';
import { type Api, type ApiParts, answers, needs } from '../parts.ts';
import { Refused } from '../problem.ts';

export const cookieOptions = {
  httpOnly: true,
  secure: true,
  sameSite: 'strict',
  path: '/',
  maxAge: sessionSeconds,
} as const;

/** Attempts a minute and source: people mistype, programs guess. */
export const guessLimit = { rateLimit: { max: 10, timeWindow: 60_000 } };

export const userName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$' });

const setupBody = Type.Object(
  { token: Type.String({ maxLength: 128 }), name: userName, password: Type.String({ maxLength: passwordLimits.most }) },
  { additionalProperties: false },
);

export function setupRoutes(app: Api, { store, clock }: ApiParts): void {
  app.get('/setup', { config: answers('public', setupAnswer) }, async () => ({
    needed: (await store.users.count()) === 0,
  }));

  const config = { ...needs('public'), ...guessLimit, unkept: true };
  app.post('/setup', { config, schema: { body: setupBody } }, async (request, reply) => {
    const { password, name } = request.body;
    if (password.length < passwordLimits.least) {
      const detail = `Cannot take this password: it has ${password.length} characters, at least ${passwordLimits.least} are needed`;
      throw new Refused('weak-password', detail);
    }
    const role = await useLink(store, { ...request.body, now: clock() });
    reply.setCookie(sessionCookie, await openSession(store, clock, name), cookieOptions);
    return reply.code(201).send({ name, role });
  });
}

type Used = Parameters<typeof acceptInvitation>[1];

/** The link that the controller printed for the first administrator, or one that an administrator made. */
async function useLink(store: Store, used: Used): Promise<Role> {
  const invited = await acceptInvitation(store, used);
  if (invited.kind === 'accepted') return invited.role;
  if (invited.kind === 'expired') {
    throw new Refused('link-expired', 'Cannot use this link: it is too old, ask an administrator for a new one');
  }
  if (invited.kind === 'other-name') {
    throw new Refused('wrong-setup-token', `Cannot use this link as "${used.name}": it is for "${invited.name}"`);
  }
  const outcome = await completeSetup(store, used);
  if (outcome === 'created') return 'admin';
  if (outcome === 'already-set-up') {
    throw new Refused(
      'already-set-up',
      'Cannot use this link: it was used already or withdrawn, sign in or ask an administrator for a new one',
    );
  }
  throw new Refused(
    'wrong-setup-token',
    'Cannot use this link: it was used, replaced, or is not the one that the controller printed last',
  );
}
