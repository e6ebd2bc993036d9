import { createPrivateKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileIfPresent, writeFileAtomically } from './atomic-file.ts';
import type { Endpoint } from './controller-trust.ts';
import type { AgentDirectory } from './directory.ts';
import { parseController } from './flags.ts';

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
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  writeFileAtomically(directory.key, privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  return privateKey;
}

/** Null when this host is not enrolled, or what is stored does not belong together: then a pairing key is needed. */
export function readIdentity(directory: AgentDirectory): Identity | null {
  const [key, certificate, authority, enrolment] = [
    readFileIfPresent(directory.key),
    readFileIfPresent(directory.certificate),
    readFileIfPresent(directory.authority),
    readFileIfPresent(directory.enrolment),
  ];
  if (key === null || certificate === null || authority === null || enrolment === null) return null;
  const stored = parseEnrolment(enrolment);
  if (stored === null || !belongsTogether(key, certificate)) return null;
  return { key, certificate, authority, ...stored };
}

/** The enrolment file comes last: without it nothing counts as enrolled. */
export function storeIdentity(directory: AgentDirectory, identity: Omit<Identity, 'key'>): void {
  const { workload, pairing, controller } = identity;
  const { host, port } = controller;
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

function belongsTogether(key: string, certificate: string): boolean {
  try {
    return new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}
