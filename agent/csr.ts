import { createPublicKey, type KeyObject, sign } from 'node:crypto';
import { bitString, derElement, integerZero, objectIdentifier, sequence, setOf, utf8String } from './der.ts';

const commonName = '2.5.4.3';
const ecdsaWithSha256 = '1.2.840.10045.4.3.2';

/**
 * A certificate signing request (PKCS #10, RFC 2986) in PEM for an ECDSA P-256 key. It proves that we hold the key; the
 * controller takes nothing else from it. Written by hand because a library for it costs more memory than the agent has.
 */
export function signingRequest(privateKey: KeyObject, name: string): string {
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const subject = sequence(setOf(sequence(objectIdentifier(commonName), utf8String(name.slice(0, 64)))));
  const noAttributes = derElement(0xa0);
  const request = sequence(integerZero, subject, publicKey, noAttributes);
  const signature = sign('sha256', request, privateKey);
  const der = sequence(request, sequence(objectIdentifier(ecdsaWithSha256)), bitString(signature));
  return pem('CERTIFICATE REQUEST', der);
}

export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
