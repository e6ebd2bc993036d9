import Type from 'typebox';
import { closed, count, labels, mode, orNull, pageOf, text, time, words } from './values.ts';

export const healthAnswer = closed({ status: Type.Literal('ok') });
export const setupAnswer = closed({ needed: Type.Boolean() });
export const sessionAnswer = closed({ name: text, role: words('admin', 'viewer') });

const link = { name: text, role: words('admin', 'viewer') };
export const usersAnswer = pageOf(closed({ ...link, state: words('active', 'invited'), linkExpires: orNull(time) }));
/** `path` holds the secret of the link. */
export const linkAnswer = closed({ ...link, linkExpires: time, path: text });

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
