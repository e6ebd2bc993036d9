import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Address } from '@bulkhead/net/address.ts';
import { parseFlowLine } from '@bulkhead/sensors/conntrack/flow-line.ts';

/** Of each flow that connection tracking knows, where its first packet went; null: the helper cannot say. */
export function flowDestinations(helper: string): Promise<ReadonlySet<Address> | null> {
  return new Promise((resolve) => {
    const child = spawn(helper, ['flows'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: longestLook });
    const found = new Set<Address>();
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => {
      const destination = destinationIn(line);
      if (destination !== null) found.add(destination);
    });
    child.on('error', () => resolve(null));
    child.on('close', (code) => resolve(code === 0 ? found : null));
  });
}

export function destinationIn(line: string): Address | null {
  const parsed = parseFlowLine(line);
  return parsed?.kind === 'flow' ? parsed.flow.original.destination : null;
}

/** Milliseconds. */
const longestLook = 10_000;
