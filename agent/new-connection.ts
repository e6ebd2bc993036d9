import { connect } from 'node:net';
import type { Reach } from '@bulkhead/wire/messages.ts';

/** Whether a connection from a port of its own comes about: the kernel has never judged it before. */
export function newConnection({ address, port }: Reach, milliseconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (reached: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(reached);
    };
    const timer = setTimeout(end, milliseconds, false);
    socket.on('connect', () => end(true));
    socket.on('error', () => end(false));
  });
}
