import { chmodSync, rmSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import type { ListenAddress } from './listen-address.ts';

/** Listens and answers where: a port of 0 comes back as the one the system chose. Sockets of the file system are 0600. */
export async function listen(server: Server, address: ListenAddress): Promise<ListenAddress> {
  if (address.kind === 'unix') await removeStaleSocket(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const listening = () => {
      server.off('error', reject);
      resolve();
    };
    if (address.kind === 'unix') listenPrivately(server, address.path, listening);
    else server.listen(address.port, address.host, listening);
  });
  const bound = server.address();
  if (address.kind === 'unix' || bound === null || typeof bound === 'string') return address;
  return { ...address, port: bound.port };
}

/** The mask closes the moment between the socket's appearance and its change of mode. */
function listenPrivately(server: Server, path: string, listening: () => void): void {
  const mask = process.umask(0o177);
  try {
    server.listen(path, () => {
      chmodSync(path, 0o600);
      listening();
    });
  } finally {
    process.umask(mask);
  }
}

/** A socket that nobody answers on was left by a killed controller. */
async function removeStaleSocket(path: string): Promise<void> {
  const answered = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => resolve(true));
    probe.once('error', () => resolve(false));
    probe.once('close', () => probe.destroy());
    probe.once('connect', () => probe.destroy());
  });
  if (answered) throw new Error(`Cannot listen on "${path}": another process answers there, a free path is needed`);
  rmSync(path, { force: true });
}
