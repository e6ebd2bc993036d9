import { lookup } from 'node:dns/promises';
import { edgeLine, failureWord } from './edge-line.ts';

const nameServer = process.env.NAME_SERVER ?? '';

/** The address of a host of the lab in one family, asked of the lab's name server every time: there is no cache. */
export async function resolve(name: string, family: 4 | 6): Promise<string> {
  try {
    const { address } = await lookup(`${name}.${process.env.DOMAIN}.`, { family });
    edgeLine(nameServer, 'udp/53', 'ok');
    return address;
  } catch (error) {
    edgeLine(nameServer, 'udp/53', failureWord(error));
    throw error;
  }
}

let turn = 0;

/** IPv4 and IPv6 by turns, so that both see traffic. */
export const nextFamily = (): 4 | 6 => (turn++ % 2 === 0 ? 4 : 6);
