import { workloadName } from '../write/names.ts';
import type { PodSeen, Where } from '../write/workloads.ts';
import { type ClusterWorkload, workloadOfNode, workloadOfPod } from './cluster-workload.ts';
import { type KeptNamespace, type KeptNode, keepNamespace, keepNode, keepPod } from './kept-objects.ts';
import { Reflector, type ReflectorHealth, type ReflectorParts, type Resource } from './reflector.ts';

export type ClusterWatchParts = ReflectorParts & Where;

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
  readonly #place: Where;
  readonly #namespaces: Reflector<KeptNamespace>;
  readonly #nodes: Reflector<KeptNode>;
  readonly #pods: Reflector<PodSeen>;
  readonly #ended = new AbortController();
  /** Names of workloads. */
  #touched = new Set<string>();
  /** Of the objects whose workload has another name than they have. */
  readonly #keys = new Map<string, string>();
  #running: Promise<unknown> = Promise.resolve();

  /** `changed`: there is something to take. */
  constructor(parts: ClusterWatchParts, changed: () => void) {
    this.#place = parts;
    const touch = (keys: Iterable<string>) => {
      for (const key of keys) this.#touch(key);
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
    const keys = [...this.#nodes.objects.keys(), ...this.#pods.objects.keys()];
    const known = keys
      .map((key) => this.workload(workloadName(this.#place.prefix, key)))
      .filter((workload) => workload !== null);
    return new Map(known.map((workload) => [workload.name, workload]));
  }

  /** A pod whose namespace is not known yet waits: without its labels it would be met by other rules. */
  workload(name: string): ClusterWorkload | null {
    const key = this.#keys.get(name) ?? name;
    const node = this.#nodes.objects.get(key);
    if (node !== undefined) return { ...workloadOfNode({ name: key, ...node }, this.#place), name };
    const pod = this.#pods.objects.get(key);
    const namespace = pod === undefined ? undefined : this.#namespaces.objects.get(pod.head.namespace);
    const workload = pod && namespace ? workloadOfPod(pod, namespace.labels, this.#place) : null;
    return workload === null ? null : { ...workload, name };
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

  #touch(key: string): void {
    const name = workloadName(this.#place.prefix, key);
    this.#touched.add(name);
    if (name === key) return;
    if (this.#pods.objects.has(key) || this.#nodes.objects.has(key)) this.#keys.set(name, key);
    else this.#keys.delete(name);
  }

  #reflectors() {
    return [this.#namespaces, this.#nodes, this.#pods] as const;
  }

  #podsOf(namespace: string): string[] {
    const start = `${namespace}/`;
    return [...this.#pods.objects.keys()].filter((key) => key.startsWith(start));
  }
}
