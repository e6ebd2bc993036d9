import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { wrongLabelValue } from '@bulkhead/model/label-text.ts';
import { isWord } from '@bulkhead/model/name-text.ts';
import { defaultNetwork } from '@bulkhead/model/words.ts';

/** A cluster to watch. */
export type ClusterOption = {
  /** The value of `kubernetes:cluster` on all that is in it. */
  readonly name: string;
  /** Path of a kubeconfig. */
  readonly kubeconfig: string;
  /** The network that its addresses are in. */
  readonly network: string;
  /** Before the names of all its workloads; null: nothing. */
  readonly prefix: string | null;
};

export type GivenClusters = {
  /** `NAME=KUBECONFIG` */
  readonly clusters: readonly string[];
  /** `NAME=NETWORK` */
  readonly networks: readonly string[];
  /** Names of clusters whose workloads have their cluster's name before their own. */
  readonly prefixed: readonly string[];
};

/** A text: what is wrong, as a sentence. */
export function parseClusters({ clusters, networks, prefixed }: GivenClusters): ClusterOption[] | string {
  const networkOf = new Map<string, string>();
  for (const text of networks) {
    const [name, network] = halves(text);
    if (wrongName(name) || !isWord(network))
      return `Cannot use "${text}" for --kubernetes-network: NAME=NETWORK is needed`;
    networkOf.set(name, network);
  }
  const read: ClusterOption[] = [];
  for (const text of clusters) {
    const [name, kubeconfig] = halves(text);
    if (wrongName(name) || kubeconfig === '') {
      return `Cannot watch cluster "${text}": NAME=KUBECONFIG is needed, with a name of at most 63 letters, digits, "-", "_" and "."`;
    }
    if (read.some((other) => other.name === name))
      return `Cannot watch cluster "${name}": it is there twice, one is needed`;
    const prefix = prefixed.includes(name) ? name : null;
    read.push({ name, kubeconfig, network: networkOf.get(name) ?? defaultNetwork, prefix });
  }
  return read;
}

const ending = '.kubeconfig';

/** Those of the command line, and a file `kubernetes/NAME.kubeconfig` of the data directory for each other. */
export function clustersIn(data: string, { clusters, ...more }: GivenClusters): ClusterOption[] | string {
  const folder = join(data, 'kubernetes');
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((file) => file.endsWith(ending))
        .sort()
    : [];
  const named = new Set(clusters.map((text) => halves(text)[0]));
  const found = files
    .map((file) => [file.slice(0, -ending.length), join(folder, file)] as const)
    .filter(([name]) => !named.has(name));
  return parseClusters({ clusters: [...clusters, ...found.map((pair) => pair.join('='))], ...more });
}

function halves(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

const wrongName = (name: string): boolean => name === '' || wrongLabelValue(name) !== null;
