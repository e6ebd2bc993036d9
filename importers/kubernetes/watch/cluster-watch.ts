import {
  type ClusterPlace,
  type ClusterWorkload,
  type PodSeen,
  workloadOfNode,
  workloadOfPod,
} from '../workload-of.ts';
import { type KeptNamespace, type KeptNode, keepNamespace, keepNode, keepPod } from './kept-objects.ts';
import { Reflector, type ReflectorHealth, type ReflectorParts, type Resource } from './reflector.ts';

export type ClusterWatchParts = ReflectorParts & ClusterPlace;

export type ClusterHealth = {
  readonly kinds: Readonly<Record<'namespaces' | 'nodes' | 'pods', ReflectorHealth>>;
  /** Everything was listed since the watch began. */
  readonly isSynced: boolean;
  /** Since when everything is connected; null: something is not. */
  readonly connectedSince: number | null;
  /** Since when something may be out of date; null: nothing is. */
  readonly staleSince: number | null;
  readonly heardAt: number | null;
  /** Lists beyond the first of each kind. */
  readonly relists: number;
  readonly problem: { readonly code: string; readonly message: string } | null;
};

/** Workloads whose cluster said something of them; null: it is none any more. */
export type TouchedWorkloads = ReadonlyMap<string, ClusterWorkload | null>;

const namespaces: Resource<KeptNamespace> = { name: 'namespaces', path: '/api/v1/namespaces', keep: keepNamespace };
const nodes: Resource<KeptNode> = { name: 'nodes', path: '/api/v1/nodes', keep: keepNode };
const pods: Resource<PodSeen> = { name: 'pods', path: '/api/v1/pods', keep: keepPod };

/** The workloads of one cluster as its API tells them, and which of them changed since somebody asked. */
export class ClusterWatch {
  readonly #place: ClusterPlace;
  readonly #namespaces: Reflector<KeptNamespace>;
  readonly #nodes: Reflector<KeptNode>;
  readonly #pods: Reflector<PodSeen>;
  readonly #ended = new AbortController();
  #touched = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();

  /** `changed`: there is something to take. */
  constructor(parts: ClusterWatchParts, changed: () => void) {
    this.#place = parts;
    const touch = (keys: Iterable<string>) => {
      for (const key of keys) this.#touched.add(key);
      if (this.isSynced) changed();
    };
    this.#namespaces = new Reflector(namespaces, parts, (changes) =>
      touch(changes.flatMap(({ key }) => this.#podsOf(key))),
    );
    this.#nodes = new Reflector(nodes, parts, (changes) => touch(changes.map(({ key }) => key)));
    this.#pods = new Reflector(pods, parts, (changes) => touch(changes.map(({ key }) => key)));
  }

  start(): void {
    this.#running = Promise.all(this.#reflectors().map((reflector) => reflector.run(this.#ended.signal)));
  }

  async stop(): Promise<void> {
    this.#ended.abort();
    await this.#running;
  }

  get isSynced(): boolean {
    return this.#reflectors().every((reflector) => reflector.isSynced);
  }

  /** Everything the cluster has, by name. */
  workloads(): Map<string, ClusterWorkload> {
    const names = [...this.#nodes.objects.keys(), ...this.#pods.objects.keys()];
    const known = names.map((name) => this.workload(name)).filter((workload) => workload !== null);
    return new Map(known.map((workload) => [workload.name, workload]));
  }

  /** A pod whose namespace is not known yet waits: without its labels it would be met by other rules. */
  workload(name: string): ClusterWorkload | null {
    const node = this.#nodes.objects.get(name);
    if (node !== undefined) return workloadOfNode({ name, ...node }, this.#place);
    const pod = this.#pods.objects.get(name);
    const namespace = pod === undefined ? undefined : this.#namespaces.objects.get(pod.head.namespace);
    return pod === undefined || namespace === undefined ? null : workloadOfPod(pod, namespace.labels, this.#place);
  }

  /** What was touched since this was called last. */
  take(): TouchedWorkloads {
    const touched = this.#touched;
    this.#touched = new Set();
    return new Map([...touched].map((name) => [name, this.workload(name)]));
  }

  health(): ClusterHealth {
    const kinds = { namespaces: this.#namespaces.health(), nodes: this.#nodes.health(), pods: this.#pods.health() };
    const all = Object.values(kinds);
    const connected = all.map(({ connectedSince }) => connectedSince);
    const stale = all.map(({ staleSince }) => staleSince).filter((since) => since !== null);
    const heard = all.map(({ heardAt }) => heardAt).filter((at) => at !== null);
    return {
      kinds,
      isSynced: this.isSynced,
      connectedSince: connected.includes(null) ? null : Math.max(...connected.map(Number)),
      staleSince: stale.length === 0 ? null : Math.min(...stale),
      heardAt: heard.length === 0 ? null : Math.max(...heard),
      relists: all.reduce((sum, { lists }) => sum + Math.max(lists - 1, 0), 0),
      problem: all.find(({ problem }) => problem !== null)?.problem ?? null,
    };
  }

  #reflectors() {
    return [this.#namespaces, this.#nodes, this.#pods] as const;
  }

  #podsOf(namespace: string): string[] {
    const start = `${namespace}/`;
    return [...this.#pods.objects.keys()].filter((key) => key.startsWith(start));
  }
}
