import { verify, X509Certificate } from 'node:crypto';
import { type ProofStatement, readStatement, type SignedStatement } from '@bulkhead/wire/proof.ts';
import type { Refusal } from '../agents/refusals.ts';

/** Who speaks, and with what certificate (PEM). */
export type Speaker = { readonly host: string; readonly certificate: string };

export type CheckedStatement =
  | { readonly kind: 'good'; readonly statement: ProofStatement; readonly fingerprint: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** SPEC PR16: signed by the certificate of the session, about the host it is of, and in canonical form. */
export function checkStatement({ text, signature }: SignedStatement, speaker: Speaker): CheckedStatement {
  const read = readStatement(text);
  if (read.kind === 'refused') return refuse(read.problem.code, read.problem.message);
  const statement = read.value;
  const certificate = new X509Certificate(speaker.certificate);
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  if (statement.host !== speaker.host) {
    const message = `Cannot take a proof of "${statement.host}": "${speaker.host}" says it, each host speaks for itself`;
    return refuse('proof-foreign', message);
  }
  if (statement.certificate !== fingerprint) {
    const message = `Cannot take a proof of "${speaker.host}": it names another certificate than that of its session`;
    return refuse('proof-certificate', message);
  }
  if (!verify('sha256', Buffer.from(text), certificate.publicKey, Buffer.from(signature, 'base64'))) {
    const message = `Cannot take a proof of "${speaker.host}": its signature is not that of its certificate`;
    return refuse('proof-signature', message);
  }
  return { kind: 'good', statement, fingerprint };
}

const refuse = (code: string, message: string): CheckedStatement => ({ kind: 'refused', refusal: { code, message } });
