import { Gauge, Registry } from 'prom-client';
import type { ClusterView } from '../../clusters/cluster-view.ts';
import { type Api, type ApiParts, needs } from '../parts.ts';

/** The few numbers worth an alarm, in Prometheus' text format. */
export function metricsRoutes(app: Api, parts: ApiParts): void {
  const registry = new Registry();
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `bulkhead_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  const { estate, hosts, live, history, disk } = parts;
  const managed = () => estate.workloads().filter((workload) => workload.managed);
  const health = (of: 'lost' | 'counted') =>
    managed().reduce((sum, { name }) => sum + (hosts.status(name).health?.[of] ?? 0), 0);
  gauge('hosts', 'Managed hosts', () => managed().length);
  gauge('hosts_connected', 'Managed hosts whose agent is connected', () => hosts.connected().length);
  gauge('edges', 'Edges in the live view', () => live.counts().edges);
  gauge('records_counted', 'Connections judged by the kernels of all hosts', () => health('counted'));
  gauge('records_lost', 'Connections judged and never reported', () => health('lost'));
  gauge('history_batches_stored', 'Batches made durable since the start', () => history.counts().storedBatches);
  gauge('disk_ok', '1 while everything that must be durable can be written', () =>
    disk.state().state === 'ok' ? 1 : 0,
  );
  new Gauge({
    name: 'bulkhead_refusals',
    help: 'Refusals at the port for agents since the start, by code',
    labelNames: ['code'],
    registers: [registry],
    collect() {
      for (const [code, count] of Object.entries(parts.refusals.counts())) this.set({ code }, count);
    },
  });
  clusterMetrics(registry, parts);
  app.get('/metrics', { config: needs('view') }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}

function clusterMetrics(registry: Registry, { clusters }: ApiParts): void {
  const gauge = (name: string, help: string, read: (cluster: ClusterView) => number | null) =>
    new Gauge({
      name: `bulkhead_cluster_${name}`,
      help,
      labelNames: ['cluster'],
      registers: [registry],
      collect() {
        this.reset();
        for (const view of clusters.views()) {
          const value = read(view);
          if (value !== null) this.set({ cluster: view.name }, value);
        }
      },
    });
  const seconds = (time: string | null) => (time === null ? null : Date.parse(time) / 1000);
  gauge('watching', '1 while everything of the cluster is watched', ({ state }) => (state === 'watching' ? 1 : 0));
  gauge('stale_since_seconds', 'Since when what is known of it may be out of date', (view) => seconds(view.staleSince));
  gauge('last_heard_seconds', 'When its API was heard of last', ({ lastHeard }) => seconds(lastHeard));
  gauge('workloads', 'Its workloads in the estate', ({ workloads }) => workloads);
  gauge('refused', 'Its workloads that are not in the estate', ({ refused }) => refused.count);
  gauge('relists', 'Lists since the start beyond the first ones', ({ relists }) => relists);
  gauge('failures', 'Lists and watches that broke off since the start', ({ failures }) => failures);
}
