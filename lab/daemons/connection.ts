import { connect, type Socket } from 'node:net';

const patience = 2000;

/** A TCP connection that is open, or an error within two seconds; silence later ends it likewise. */
export function openConnection(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    socket.setTimeout(patience, () => socket.destroy(new Error('timeout')));
    socket.once('connect', () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Collects what arrives until `complete` finds an answer in it; rejects when the connection ends first. */
export function readUntil<T>(socket: Socket, complete: (received: Buffer) => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const onChunk = (chunk: Buffer): void => {
      received = Buffer.concat([received, chunk]);
      const answer = complete(received);
      if (answer === null) return;
      socket.off('data', onChunk);
      resolve(answer);
    };
    socket.on('data', onChunk);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}
