import { Gauge, Registry } from 'prom-client';
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
  app.get('/metrics', { config: needs('view') }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  );
}
