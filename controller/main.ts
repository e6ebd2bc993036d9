import { formatListenAddress } from './agents/listen-address.ts';
import { makeDataDirectory } from './data-directory.ts';
import { parseUpOptions, usage } from './options.ts';
import type { Started } from './start.ts';
import { importSmall, keepHeapSmall } from './start-small.ts';

/** Exit codes of every command: 0 done, 2 bad input, 3 cannot reach or do. */
const [command, ...args] = process.argv.slice(2);
if (command !== 'up' || args.includes('--help')) {
  process.stdout.write(usage);
  process.exit(command === 'up' || command === '--help' ? 0 : 2);
}
const options = parseUpOptions(args);
if (typeof options === 'string') {
  process.stderr.write(`${options}\n`);
  process.exit(2);
}

const unusable = makeDataDirectory(options.data);
if (unusable !== null) {
  process.stderr.write(`${unusable}\n`);
  process.exit(2);
}

const { pino, start } = await importSmall(options.data, async () => ({
  pino: (await import('pino')).pino,
  start: (await import('./start.ts')).start,
}));

const log = pino({ level: process.env.BULKHEAD_LOG ?? 'info' }, pino.destination({ dest: 2, sync: true }));
process.on('uncaughtException', (error) => {
  // A bug. Hosts go on enforcing; the controller starts again from what is stored.
  log.fatal(error, 'stopping after an error nobody expected');
  process.exit(70);
});

try {
  const started = await start(options, log);
  keepHeapSmall();
  process.stdout.write(options.json ? `${JSON.stringify(summary(started))}\n` : text(started));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => void stop(started, signal));
} catch (error) {
  process.stderr.write(`Cannot start the controller: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(3);
}

async function stop(started: Started, signal: string): Promise<void> {
  log.info({ signal }, 'stopping');
  setTimeout(() => process.exit(3), 10_000).unref();
  await started.stop();
  process.exit(0);
}

function summary({ address, agentAddresses, controlSocket, setupLink }: Started) {
  const agents = agentAddresses.map(formatListenAddress);
  return { url: `https://${formatListenAddress(address)}`, agents, controlSocket, setupLink };
}

function text(started: Started): string {
  const { url, agents, controlSocket, setupLink } = summary(started);
  const setup = setupLink === null ? '' : `  set up at ${setupLink} (works once)\n`;
  return `Bulkhead controller: ${url}, agents at ${agents.join(', ')}, local commands at ${controlSocket}\n${setup}`;
}
