import { edgeLine, failureWord } from './edge-line.ts';
import { httpGet } from './http-request.ts';
import { nextFamily, resolve } from './resolve.ts';

/** A customer: RATE requests a second, each by name and over a connection of its own. Only status 200 is a success. */
const target = process.env.TARGET ?? '';
const inFlightLimit = 50;
let inFlight = 0;

setInterval(
  () => {
    if (inFlight >= inFlightLimit) return edgeLine(target, 'tcp/80', 'overload');
    inFlight++;
    order().finally(() => inFlight--);
  },
  1000 / Number(process.env.RATE ?? 1),
);

async function order(): Promise<void> {
  const address = await resolve(target, nextFamily()).catch(() => null);
  if (address === null) return;
  try {
    const { status } = await httpGet(address, 80, '/orders');
    edgeLine(target, 'tcp/80', status === 200 ? 'ok' : `status-${status}`);
  } catch (error) {
    edgeLine(target, 'tcp/80', failureWord(error));
  }
}
