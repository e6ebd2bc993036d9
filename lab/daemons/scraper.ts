import { edgeLine, failureWord } from './edge-line.ts';
import { httpGet } from './http-request.ts';
import { nextFamily, resolve } from './resolve.ts';

/** Reads the metrics of every target once a round, one after the other, and keeps none of them. */
const targets = (process.env.TARGETS ?? '').split(',').filter((name) => name !== '');

round();
setInterval(round, 1000 * Number(process.env.EVERY ?? 5));

async function round(): Promise<void> {
  const family = nextFamily();
  for (const target of targets) await scrape(target, family);
}

async function scrape(target: string, family: 4 | 6): Promise<void> {
  const address = await resolve(target, family).catch(() => null);
  if (address === null) return;
  try {
    const { status, body } = await httpGet(address, 9100, '/metrics');
    const good = status === 200 && body.includes('node_load1');
    edgeLine(target, 'tcp/9100', good ? 'ok' : `status-${status}`);
  } catch (error) {
    edgeLine(target, 'tcp/9100', failureWord(error));
  }
}
