import { createSocket } from 'node:dgram';
import { connect } from 'node:net';

/**
 * Tries connections from inside a host. Argument: JSON list of targets; answers one JSON line per target, in order of
 * finishing. `open`: it answered; `closed`: it refused; `filtered`: silence for a second, or an unreachable error.
 */
type Target = { readonly to: string; readonly address: string; readonly service: string };
type Finding = { readonly state: 'open' | 'closed' | 'filtered'; readonly detail: string };

/** A question for the root name servers: small, and every name server answers it, if only to refuse. */
const question = Buffer.from('beef010000010000000000000000020001', 'hex');
const patience = 1000;
const atOnce = 64;
const queue = JSON.parse(process.argv[2] ?? '[]') as Target[];

await Promise.all(Array.from({ length: atOnce }, work));

async function work(): Promise<void> {
  for (let target = queue.shift(); target !== undefined; target = queue.shift()) {
    const [protocol, port] = target.service.split('/');
    const probe = protocol === 'udp' ? udp : tcp;
    const started = performance.now();
    const finding = await probe(target.address, Number(port));
    const milliseconds = Math.round(performance.now() - started);
    process.stdout.write(`${JSON.stringify({ ...target, ...finding, milliseconds })}\n`);
  }
}

function tcp(host: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (finding: Finding): void => {
      socket.destroy();
      resolve(finding);
    };
    socket.setTimeout(patience, () => finish({ state: 'filtered', detail: 'timeout' }));
    socket.once('connect', () => finish({ state: 'open', detail: 'connected' }));
    socket.once('error', (error) => finish(failed(error)));
  });
}

function udp(host: string, port: number): Promise<Finding> {
  return new Promise((resolve) => {
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    const timer = setTimeout(() => finish({ state: 'filtered', detail: 'timeout' }), patience);
    const finish = (finding: Finding): void => {
      clearTimeout(timer);
      socket.close();
      resolve(finding);
    };
    socket.once('message', () => finish({ state: 'open', detail: 'answered' }));
    socket.once('error', (error) => finish(failed(error)));
    socket.connect(port, host, () => socket.send(question));
  });
}

function failed(error: Error): Finding {
  const code = 'code' in error ? String(error.code) : error.message;
  return { state: code === 'ECONNREFUSED' ? 'closed' : 'filtered', detail: code };
}
