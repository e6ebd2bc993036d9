import Type from 'typebox';
import { closed, milliseconds, pageOf, text } from './values.ts';

/** One line of an exported file (wire/proof.ts). */
export const proofsAnswer = pageOf(
  closed({
    text: Type.String({ description: 'The statement in its canonical form, which is what is signed' }),
    signature: Type.String({ description: 'ECDSA P-256 with SHA-256, DER in base64' }),
    certificate: text,
    received: milliseconds,
    latest: Type.Boolean({ description: 'The latest one of its host; the others are one of each hour' }),
  }),
);
