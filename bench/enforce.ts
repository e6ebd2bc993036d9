import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { noNetworkNamespaces } from '@bulkhead/testkit/network-namespace.ts';
import { measureChanges } from './enforce/changes.ts';
import { measureConnections } from './enforce/connections.ts';
import type { Bench, Figure } from './figure.ts';

const peersOfHosts = [100, 1_000, 10_000, 100_000];
/** Connections are cheap to repeat, and ratios want it. */
const roundsPerRepeat = 3;

export const enforce: Bench = {
  about:
    'one host, its ruleset in a kernel: cost of connections beside other firewalls, replace, change one address, compare (root)',
  defaultRepeats: 7,
  run: async (repeats, say, { sizes }) => {
    const missing = await noNetworkNamespaces();
    if (missing !== null) {
      say(missing);
      return [];
    }
    const native = fileURLToPath(new URL('../native', import.meta.url));
    execFileSync('make', ['-s', '-C', native, 'build/bulkhead-helper', 'build/connect-load'], { stdio: 'inherit' });
    const figures: Figure[] = await measureConnections(sizes ?? peersOfHosts, repeats * roundsPerRepeat, say);
    for (const peers of sizes ?? peersOfHosts) {
      figures.push(...(await measureChanges(peers, repeats)));
      say(`${peers} addresses measured`);
    }
    return figures;
  },
};
