import type { Daemon, DaemonKind } from './lab-file.ts';
import {
  complain,
  type Field,
  type Fields,
  isText,
  readList,
  readMap,
  readNumber,
  readText,
  required,
} from './yaml-reader.ts';

/** The keys each daemon takes beside `run`; the order is what a problem lists. */
const daemonKeys: Readonly<Record<DaemonKind, readonly string[]>> = {
  haproxy: ['upstreams'],
  nginx: ['api'],
  api: ['database', 'cache'],
  postgres: [],
  redis: [],
  dnsmasq: [],
  'node-exporter': [],
  sshd: [],
  'http-client': ['to', 'rate'],
  scraper: ['every'],
  'ssh-check': ['to', 'every'],
  report: ['database'],
};

/** `node-exporter`, or `{run: nginx, api: api-1}`; empty with problems when it is neither. */
export function readDaemon(field: Field): Daemon[] {
  if (isText(field)) {
    const kind = daemonKind(field, readText(field) ?? '');
    return kind === null ? [] : build(field, kind, new Map());
  }
  const every = ['run', ...new Set(Object.values(daemonKeys).flat())];
  const fields = readMap(field, every);
  const run = fields === null ? null : required(field, fields, 'run');
  const kind = run === null ? null : daemonKind(run, readText(run) ?? '');
  if (fields === null || kind === null) return [];
  for (const [key, child] of fields) {
    if (key === 'run' || daemonKeys[kind].includes(key)) continue;
    complain(child, 'lab-key', `Cannot use "${key}" for ${kind}: no such key`, daemonKeys[kind].join(', '));
  }
  return build(field, kind, fields);
}

function daemonKind(field: Field, name: string): DaemonKind | null {
  if (Object.hasOwn(daemonKeys, name)) return name as DaemonKind;
  return complain(field, 'lab-daemon', `Cannot run "${name}": no such daemon`, Object.keys(daemonKeys).join(', '));
}

function build(field: Field, run: DaemonKind, fields: Fields): Daemon[] {
  const host = (key: string): string => {
    const child = required(field, fields, key);
    return child === null ? '' : (readText(child) ?? '');
  };
  const optional = (key: string): string | null => (fields.has(key) ? host(key) : null);
  const number = (key: string): number => {
    const child = required(field, fields, key);
    return child === null ? 1 : (readNumber(child, 0.01, 1000) ?? 1);
  };
  switch (run) {
    case 'haproxy':
      return [{ run, upstreams: readList(fields.get('upstreams')).flatMap((item) => readText(item) ?? []) }];
    case 'nginx':
      return [{ run, api: host('api') }];
    case 'api':
      return [{ run, database: optional('database'), cache: optional('cache') }];
    case 'http-client':
      return [{ run, to: host('to'), rate: number('rate') }];
    case 'scraper':
      return [{ run, every: number('every') }];
    case 'ssh-check':
      return [{ run, to: host('to'), every: number('every') }];
    case 'report':
      return [{ run, database: host('database') }];
    default:
      return [{ run }];
  }
}
