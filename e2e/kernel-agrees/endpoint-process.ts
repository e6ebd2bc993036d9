import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { NetworkNamespace } from '@bulkhead/testkit/network-namespace.ts';
import type { Numbered, Order, Reply } from './endpoint.ts';
import { closeInput, startInside } from './estate-net.ts';

/** endpoint.ts running in a namespace. */
export type EndpointProcess = {
  order(order: Order): Promise<Reply>;
  /** All at once; the answers in their order. */
  orders(orders: readonly Order[]): Promise<Reply[]>;
  close(): Promise<void>;
};

export function startEndpoint(namespace: NetworkNamespace): EndpointProcess {
  const child = startInside(namespace, [process.execPath, fileURLToPath(new URL('endpoint.ts', import.meta.url))]);
  const waiting = new Map<number, (reply: Reply) => void>();
  if (child.stdout === null) throw new Error('The endpoint has no output');
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = JSON.parse(line) as Reply;
    waiting.get(reply.number)?.(reply);
    waiting.delete(reply.number);
  });
  let count = 0;
  const order = (what: Order): Promise<Reply> => {
    const numbered: Numbered = { number: ++count, order: what };
    child.stdin?.write(`${JSON.stringify(numbered)}\n`);
    const ended = once(child, 'exit').then(() => ({ number: numbered.number, ok: false, error: 'the endpoint ended' }));
    return Promise.race([new Promise<Reply>((resolve) => waiting.set(numbered.number, resolve)), ended]);
  };
  child.setMaxListeners(0);
  return {
    order,
    orders: (list) => Promise.all(list.map(order)),
    close: () => closeInput(child),
  };
}

/** Milliseconds. */
const longPatience = 8000;

/**
 * The order of somebody who expects that it comes about, or not. Who does waits longer, which costs nothing where it
 * comes: a busy machine must not look like a connection that was cut.
 */
export function expecting(order: Order, comes: boolean): Order {
  const waits = order.do === 'open' || order.do === 'ask' || order.do === 'say' || order.do === 'heard';
  return waits && comes ? { ...order, patience: longPatience } : order;
}
