import { createHash, randomBytes, webcrypto } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writePrivateFile } from './private-file.ts';
import {
  BasicConstraintsExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from './x509.ts';

/** P-256 everywhere: every TLS stack speaks it, and keys and signatures are small. */
export const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

const day = 24 * 3600 * 1000;
const authorityLifetime = 3650 * day;
/** Certificates start in the past, because hosts' clocks do. */
const backdated = 3600 * 1000;

/** The one root of trust of an estate: made at the first start, its key never leaves the data directory. */
export type Authority = {
  readonly certificate: string;
  /** SHA-256 of the certificate in DER, base64url: what a pairing key pins. */
  readonly fingerprint: string;
  readonly issue: (request: IssueRequest) => Promise<Issued>;
};

export type IssueRequest = {
  readonly name: string;
  readonly publicKey: webcrypto.CryptoKey;
  readonly extensions: readonly Extension[];
  /** Milliseconds; a certificate names whole seconds. */
  readonly lifetime: number;
};

/** `serial` in upper-case hex as TLS peers report it, `certificate` in PEM. */
export type Issued = { readonly certificate: string; readonly serial: string };

/** Opens `ca.crt` and `ca.key` in `directory`, or makes them when neither is there. */
export async function openAuthority(directory: string, clock: () => number): Promise<Authority> {
  const [certificatePath, keyPath] = [join(directory, 'ca.crt'), join(directory, 'ca.key')];
  const present = [certificatePath, keyPath].filter((path) => existsSync(path));
  if (present.length === 1) {
    throw new Error(
      `Cannot open the authority "${directory}": only ${present[0]} is there, ca.crt and ca.key are needed`,
    );
  }
  if (present.length === 0) {
    const made = await makeAuthority(clock());
    // The key first: a certificate without its key would look like an authority and could sign nothing.
    writePrivateFile(keyPath, made.key);
    writePrivateFile(certificatePath, made.certificate);
  }
  const certificate = new X509Certificate(readFileSync(certificatePath, 'utf8'));
  return authority(certificate, await importKey(readFileSync(keyPath, 'utf8')), clock);
}

function authority(root: X509Certificate, signingKey: webcrypto.CryptoKey, clock: () => number): Authority {
  return {
    certificate: `${root.toString('pem')}\n`,
    fingerprint: createHash('sha256').update(Buffer.from(root.rawData)).digest('base64url'),
    issue: async ({ name, publicKey, extensions, lifetime }) => {
      const serial = newSerial();
      const issued = await X509CertificateGenerator.create({
        serialNumber: serial,
        subject: `CN=${name}`,
        issuer: root.subject,
        notBefore: new Date(clock() - Math.min(backdated, lifetime / 24)),
        notAfter: new Date(clock() + lifetime),
        publicKey,
        signingKey,
        signingAlgorithm: keyAlgorithm,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          ...extensions,
        ],
      });
      return { certificate: `${issued.toString('pem')}\n`, serial };
    },
  };
}

async function makeAuthority(now: number): Promise<{ certificate: string; key: string }> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: 'CN=Bulkhead authority',
    keys,
    signingAlgorithm: keyAlgorithm,
    notBefore: new Date(now - backdated),
    notAfter: new Date(now + authorityLifetime),
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString('pem'), key: await exportKey(keys.privateKey) };
}

/** 126 random bits; the first byte is 0x40-0x7f so that no peer shortens the number or reads it as negative. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex').toUpperCase();
}

export async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key)).toString('base64');
  return `-----BEGIN PRIVATE KEY-----\n${der.replace(/(.{64})/g, '$1\n').trim()}\n-----END PRIVATE KEY-----\n`;
}

async function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = Buffer.from(pem.replace(/-----[A-Z ]+-----|\s/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, keyAlgorithm, false, ['sign']);
}
