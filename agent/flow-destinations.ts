import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';

/** Of each flow that connection tracking knows, where its first packet went; null: the helper cannot say. */
export function flowDestinations(helper: string): Promise<ReadonlySet<Address> | null> {
  return new Promise((resolve) => {
    const child = spawn(helper, ['flows'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: longestLook });
    const texts = new Set<string>();
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const destination = destinationIn(line);
      if (destination !== null) texts.add(destination);
    });
    child.on('error', () => resolve(null));
    child.on('close', (code) =>
      resolve(code === 0 ? new Set([...texts].flatMap((text) => parseAddress(text) ?? [])) : null),
    );
  });
}

/** A line is protocol, then source and destination of the first packet (native/README.md). */
export function destinationIn(line: string): string | null {
  const [protocol, , destination] = line.split(' ', 3);
  return protocol !== undefined && /^\d+$/.test(protocol) && destination !== undefined ? destination : null;
}

/** Milliseconds. */
const longestLook = 10_000;
