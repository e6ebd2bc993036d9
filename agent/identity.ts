import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileIfPresent, removeFile, writeFileAtomically } from './atomic-file.ts';
import type { Endpoint } from './controller-trust.ts';
import type { AgentDirectory } from './directory.ts';
import { parseController } from './flags.ts';

/** A private key and the certificate for it, both in PEM. */
export type KeyPair = { readonly key: string; readonly certificate: string };

/** Everything needed to open a session; all of it in PEM. */
export type Identity = {
  readonly key: string;
  readonly certificate: string;
  readonly authority: string;
  readonly workload: string;
  readonly controller: Endpoint;
  /** Id of the pairing key that was spent: another one given later means to enrol anew. */
  readonly pairing: string;
};

/** The host's own key: made on first use, never leaves the host. */
export function openKey(directory: AgentDirectory): KeyObject {
  const stored = readFileIfPresent(directory.key);
  if (stored !== null) return createPrivateKey(stored);
  const key = newKey();
  writeFileAtomically(directory.key, keyText(key));
  return key;
}

export const newKey = (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
export const keyText = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Null when this host is not enrolled, or what is stored does not belong together: then a pairing key is needed. */
export function readIdentity(directory: AgentDirectory): Identity | null {
  const [pair, authority, enrolment] = [
    readRenewed(directory) ?? readPair(directory),
    readFileIfPresent(directory.authority),
    readFileIfPresent(directory.enrolment),
  ];
  if (pair === null || authority === null || enrolment === null) return null;
  const stored = parseEnrolment(enrolment);
  return stored === null ? null : { ...pair, authority, ...stored };
}

/**
 * A renewed pair, in one file: from the moment it is there it counts, whatever key and certificate beside it say. Until
 * then the pair before it does, so that a crash leaves one or the other and never a key with another's certificate.
 */
export function stageRenewed(directory: AgentDirectory, { key, certificate }: KeyPair): void {
  writeFileAtomically(directory.renewed, `${JSON.stringify({ key, certificate })}\n`);
}

/** What was staged takes its place, also after a crash in the middle of it: what is staged goes last. */
export function switchToRenewed(directory: AgentDirectory): void {
  const renewed = readRenewed(directory);
  if (renewed !== null) {
    writeFileAtomically(directory.key, renewed.key);
    writeFileAtomically(directory.certificate, renewed.certificate);
  }
  removeFile(directory.renewed);
}

function readPair(directory: AgentDirectory): KeyPair | null {
  const [key, certificate] = [readFileIfPresent(directory.key), readFileIfPresent(directory.certificate)];
  if (key === null || certificate === null) return null;
  return belongsTogether({ key, certificate }) ? { key, certificate } : null;
}

function readRenewed(directory: AgentDirectory): KeyPair | null {
  try {
    const parsed: unknown = JSON.parse(readFileIfPresent(directory.renewed) ?? 'null');
    const { key, certificate } = (parsed ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof key !== 'string' || typeof certificate !== 'string') return null;
    return belongsTogether({ key, certificate }) ? { key, certificate } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}

/** The enrolment file comes last: without it nothing counts as enrolled. */
export function storeIdentity(directory: AgentDirectory, identity: Omit<Identity, 'key'>): void {
  const { workload, pairing, controller } = identity;
  const { host, port } = controller;
  removeFile(directory.renewed);
  writeFileAtomically(directory.authority, identity.authority);
  writeFileAtomically(directory.certificate, identity.certificate);
  writeFileAtomically(directory.enrolment, `${JSON.stringify({ workload, pairing, host, port })}\n`);
}

function parseEnrolment(text: string): Pick<Identity, 'workload' | 'controller' | 'pairing'> | null {
  try {
    const { workload, pairing, host, port } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof workload !== 'string' || typeof pairing !== 'string' || typeof host !== 'string') return null;
    const literal = host.includes(':') ? `[${host}]` : host;
    const controller = parseController(`https://${literal}:${String(port)}`);
    return typeof controller === 'string' ? null : { workload, pairing, controller };
  } catch {
    return null;
  }
}

export function belongsTogether({ key, certificate }: KeyPair): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
