import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { pem } from '../csr.ts';
import { bitString, derElement, objectIdentifier, sequence, setOf, utf8String } from '../der.ts';

export type TestKeys = {
  readonly certificate: string;
  readonly der: Uint8Array;
  readonly key: string;
  readonly object: KeyObject;
};

type Request = {
  readonly name: string;
  /** URI subject alternative name; null: an authority. */
  readonly uri: string | null;
  readonly issuer: { readonly name: string; readonly key: KeyObject } | null;
  readonly publicKey?: KeyObject;
  /** Milliseconds since the epoch; absent: from 2020 to 2049. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
};

let serial = 1;
const algorithm = sequence(objectIdentifier('1.2.840.10045.4.3.2'));
const nameOf = (text: string) => sequence(setOf(sequence(objectIdentifier('2.5.4.3'), utf8String(text))));
const time = (at: number) =>
  derElement(0x17, Buffer.from(`${new Date(at).toISOString().replace(/\D/g, '').slice(2, 14)}Z`));
const [longAgo, farAway] = [Date.UTC(2020, 0, 1), Date.UTC(2049, 11, 31, 23, 59, 59)];
const yes = Buffer.from([0x01, 0x01, 0xff]);

const extension = (oid: string, critical: boolean, value: Uint8Array) =>
  sequence(objectIdentifier(oid), ...(critical ? [yes] : []), derElement(0x04, value));

/** A certificate for tests of who trusts whom, and how long. */
export function certify({ name, uri, issuer, publicKey, from = longAgo, until = farAway }: Request): TestKeys {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = (publicKey ?? createPublicKey(pair.privateKey)).export({ type: 'spki', format: 'der' });
  const extensions =
    uri === null
      ? [extension('2.5.29.19', true, sequence(yes))]
      : [extension('2.5.29.17', false, sequence(derElement(0x86, Buffer.from(uri))))];
  const body = sequence(
    derElement(0xa0, Buffer.from([0x02, 0x01, 0x02])),
    derElement(0x02, Buffer.from([serial++])),
    algorithm,
    nameOf(issuer?.name ?? name),
    sequence(time(from), time(until)),
    nameOf(name),
    spki,
    derElement(0xa3, sequence(...extensions)),
  );
  const signature = sign('sha256', body, issuer?.key ?? pair.privateKey);
  const der = sequence(body, algorithm, bitString(signature));
  const key = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certificate: pem('CERTIFICATE', der), der, key, object: pair.privateKey };
}

export const controllerUri = 'spiffe://bulkhead/controller';
