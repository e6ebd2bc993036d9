import { createHash } from 'node:crypto';
import { request } from 'node:https';
import { type ConnectionOptions, connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import { decodeEnrolAnswer } from '@bulkhead/wire/control.ts';
import type { EnrolRequest } from '@bulkhead/wire/messages.ts';
import { parsePairingKey } from '@bulkhead/wire/pairing-key.ts';

/** Where agents connect: a socket of the file system, or a host and port. */
export type DoorAddress = { readonly path: string } | { readonly host: string; readonly port: number };

export type ClientIdentity = { readonly key: string; readonly cert: string };

/** A controller that proved itself once; every further connection has to prove the same. */
export type AgentsDoor = { readonly connect: (client?: ClientIdentity) => TLSSocket };

/** Milliseconds. A controller that compiles twenty thousand hosts answers nobody meanwhile. */
export const doorTimeout = 300_000;
const controllerName = 'URI:spiffe://bulkhead/controller';

/** As `GET /status` and `--listen-agents` write it: `unix:PATH`, `HOST:PORT`, `[::1]:PORT`; null when it is none. */
export function parseDoorAddress(text: string): DoorAddress | null {
  if (text.startsWith('unix:/')) return { path: text.slice('unix:'.length) };
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined) return null;
  // What listens everywhere is reached here.
  const near = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return { host: near, port: Number(match?.[3]) };
}

/** Finds the authority that a pairing key names and trusts nothing else from then on. */
export async function openAgentsDoor(address: DoorAddress, pairingKey: string): Promise<AgentsDoor> {
  const fingerprint = parsePairingKey(pairingKey)?.fingerprint ?? '';
  const authority = await findAuthority(address, fingerprint);
  const trusting: ConnectionOptions = {
    ...address,
    ca: [authority],
    minVersion: 'TLSv1.3',
    checkServerIdentity: (_host, certificate) =>
      (certificate.subjectaltname ?? '').split(', ').includes(controllerName)
        ? undefined
        : new Error(`the certificate is not the controller's, ${controllerName} is needed`),
  };
  return { connect: (client) => connect({ ...trusting, ...client }) };
}

function findAuthority(address: DoorAddress, fingerprint: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const where = 'path' in address ? address.path : `${address.host}:${address.port}`;
    const cannot = (why: string): void => reject(new Error(`Cannot reach the agents' port at ${where}: ${why}`));
    const socket = connect({ ...address, minVersion: 'TLSv1.3', rejectUnauthorized: false });
    socket.setTimeout(doorTimeout, () => socket.destroy(new Error('the handshake took too long')));
    socket.once('error', (error) => cannot(`${error.message}, a controller that listens there is needed`));
    socket.once('secureConnect', () => {
      const found = issuerWith(socket.getPeerCertificate(true), fingerprint);
      socket.end();
      if (found === null) cannot('another authority is there than the control socket speaks of');
      else resolve(found);
    });
  });
}

/** A chain is a server's certificate and its authority. */
function issuerWith(leaf: DetailedPeerCertificate, fingerprint: string): string | null {
  const der = leaf.issuerCertificate?.raw;
  if (der === undefined || createHash('sha256').update(der).digest('base64url') !== fingerprint) return null;
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

/** The client certificate of a new workload in PEM; throws what the controller refused. */
export function enrol(door: AgentsDoor, body: EnrolRequest): Promise<string> {
  return new Promise((resolve, reject) => {
    const cannot = (why: string): void => reject(new Error(`Cannot enrol "${body.hostname}": ${why}`));
    const createConnection = () => door.connect();
    const call = request({ method: 'POST', path: '/enrol', createConnection, timeout: doorTimeout }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('error', (error) => cannot(error.message));
      response.on('end', () => {
        const answer = response.statusCode === 200 ? decodeEnrolAnswer(text) : null;
        if (answer?.kind === 'decoded') resolve(answer.value.certificate);
        else cannot(`the controller answered ${response.statusCode} ${text.slice(0, 300)}`);
      });
    });
    call.on('timeout', () => call.destroy(new Error('the controller took too long')));
    call.on('error', (error) => cannot(error.message));
    call.end(JSON.stringify(body));
  });
}
