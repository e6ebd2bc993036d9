import { parseDocuments, policyKinds } from '@bulkhead/model/parse.ts';
import { rightsOf, type SourceRights } from '@bulkhead/policy/labels-by-source.ts';
import type { Events } from '../events.ts';
import type { VersionRecord } from '../store/versions.ts';
import { Cluster, type ClusterParts } from './cluster.ts';
import type { ClusterOption } from './cluster-options.ts';
import { type ClusterView, clusterView, unwatchedView } from './cluster-view.ts';

export type ClustersParts = Omit<ClusterParts, 'rights'> & { readonly events: Events };

const lookMilliseconds = 1000;

/** The clusters that are watched. */
export class Clusters {
  readonly #clusters: readonly Cluster[];
  readonly #parts: ClustersParts;
  readonly #forget: () => void;
  /** As it was logged last. */
  readonly #told = new Map<string, string>();
  #looking: NodeJS.Timeout | undefined;

  constructor(options: readonly ClusterOption[], parts: ClustersParts) {
    this.#parts = parts;
    const rights = keptRights(parts.current);
    this.#clusters = options.map((option) => new Cluster(option, { ...parts, rights }));
    this.#forget = parts.events.listen(({ kind, body }) => {
      if (kind !== 'version' || (body as { readonly version?: number }).version === undefined) return;
      for (const cluster of this.#clusters) cluster.rightsChanged();
    });
  }

  start(): void {
    for (const cluster of this.#clusters) cluster.start();
    this.#looking = setInterval(() => this.#tell(), lookMilliseconds);
  }

  async stop(): Promise<void> {
    this.#forget();
    clearInterval(this.#looking);
    await Promise.all(this.#clusters.map((cluster) => cluster.stop()));
  }

  isWatched(name: string): boolean {
    return this.#clusters.some(({ option }) => option.name === name);
  }

  /** Whoever reads the log sees when a cluster stopped to answer, and why, once. */
  #tell(): void {
    for (const { option, watch } of this.#clusters) {
      const { staleSince, problem } = watch.health();
      const now = staleSince === null ? 'watching' : (problem?.message ?? 'starting');
      if (now === 'starting' || this.#told.get(option.name) === now) continue;
      this.#told.set(option.name, now);
      const about = { cluster: option.name };
      if (staleSince === null) this.#parts.log.info(about, 'the cluster is watched');
      else this.#parts.log.warn({ ...about, problem: now }, 'the cluster is not watched, what is known of it stays');
    }
  }

  /** In order of names; clusters that are no longer watched and have workloads here are among them. */
  views(): ClusterView[] {
    const workloads = this.#parts.estate.workloads();
    const sources = Map.groupBy(workloads, ({ source }) => source?.cluster ?? '');
    const left = [...sources].filter(([name]) => name !== '' && !this.isWatched(name));
    const views = [
      ...this.#clusters.map((cluster) => clusterView(cluster, sources.get(cluster.option.name)?.length ?? 0)),
      ...left.map(([name, { length }]) => unwatchedView(name, length)),
    ];
    return views.sort((a, b) => (a.name < b.name ? -1 : 1));
  }
}

/** Read again when the version changes. */
function keptRights(current: () => VersionRecord): () => SourceRights {
  let kept: { readonly version: number; readonly rights: SourceRights } | null = null;
  return () => {
    const { number, files } = current();
    if (kept?.version !== number) {
      const texts = files.map(({ path, text }) => ({ file: path, text }));
      const { documents } = parseDocuments(texts, { kinds: policyKinds });
      kept = { version: number, rights: rightsOf(documents, 'orchestrator') };
    }
    return kept.rights;
  };
}
