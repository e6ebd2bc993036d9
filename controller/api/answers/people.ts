import Type from 'typebox';
import { roles } from '../../store/users.ts';
import { closed, count, labels, mode, orNull, pageOf, text, time, words } from './values.ts';

const role = words(...roles);

export const healthAnswer = closed({ status: Type.Literal('ok') });
export const setupAnswer = closed({ needed: Type.Boolean() });
export const sessionAnswer = closed({ name: text, role });

const link = { name: text, role };
export const usersAnswer = pageOf(closed({ ...link, state: words('active', 'invited'), linkExpires: orNull(time) }));
/** `path` holds the secret of the link. */
export const linkAnswer = closed({ ...link, linkExpires: time, path: text });

const token = { name: text, role, expires: time, created: time, createdBy: text, lastUsed: orNull(time) };
export const tokensAnswer = pageOf(closed(token));
/** `token` is the secret; it is said this once. */
export const newTokenAnswer = closed({ ...token, token: text });

export const auditAnswer = pageOf(
  closed({
    ...{ number: count, at: time, actor: text, action: text, subject: text },
    ...{ detail: Type.Record(text, Type.Unknown()), previous: text, hash: text },
  }),
);
export const auditVerificationAnswer = closed({ intact: Type.Boolean(), firstBroken: orNull(count) });

export const pairingKeysAnswer = pageOf(
  closed({
    ...{ id: text, name: orNull(text), labels, mode, replace: Type.Boolean() },
    ...{ usesLeft: count, expires: time, created: time, createdBy: text },
  }),
);

export const schemasAnswer = pageOf(closed({ kind: text, about: text, path: text }));
export const schemaAnswer = Type.Object({ title: text, $defs: Type.Record(text, Type.Unknown()) });
