/** What listens on a workload of some role. Ports are TCP unless it is said. */
export type Listening = {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
  readonly process: string;
  readonly unit: string;
  readonly user: string;
};

const tcp = (port: number, process: string, unit: string, user: string): Listening => ({
  protocol: 'tcp',
  port,
  process,
  unit: `${unit}.service`,
  user,
});

/** Tiers of an application, front to back. */
export const tiers = ['lb', 'web', 'api', 'db', 'cache', 'queue'] as const;
export type Tier = (typeof tiers)[number];

/** An application uses one of these per tier everywhere. */
export const tierServers: Readonly<Record<Tier, readonly Listening[]>> = {
  lb: [tcp(443, '/usr/sbin/haproxy', 'haproxy', 'haproxy')],
  web: [tcp(80, '/usr/sbin/nginx', 'nginx', 'www-data'), tcp(443, '/usr/sbin/apache2', 'apache2', 'www-data')],
  api: [
    tcp(8080, '/usr/bin/java', 'app', 'app'),
    tcp(3000, '/usr/bin/node', 'api', 'api'),
    tcp(8000, '/usr/bin/python3', 'gunicorn', 'www-data'),
  ],
  db: [
    tcp(5432, '/usr/lib/postgresql/17/bin/postgres', 'postgresql@17-main', 'postgres'),
    tcp(3306, '/usr/sbin/mariadbd', 'mariadb', 'mysql'),
  ],
  cache: [tcp(6379, '/usr/bin/redis-server', 'redis-server', 'redis')],
  queue: [
    tcp(5672, '/usr/lib/erlang/erts/bin/beam.smp', 'rabbitmq-server', 'rabbitmq'),
    tcp(9092, '/usr/bin/java', 'kafka', 'kafka'),
  ],
};

/** How many workloads of an application a tier has, relative to its other tiers. */
export const tierWeights: Readonly<Record<Tier, number>> = { lb: 6, web: 36, api: 34, db: 11, cache: 7, queue: 6 };

/** Two to four tiers; larger applications get one of the longer shapes. */
export const appShapes: readonly (readonly Tier[])[] = [
  ['web', 'db'],
  ['api', 'db'],
  ['web', 'api', 'db'],
  ['lb', 'web', 'db'],
  ['api', 'db', 'queue'],
  ['lb', 'web', 'api', 'db'],
  ['web', 'api', 'db', 'cache'],
  ['lb', 'api', 'db', 'queue'],
];

/** Who calls whom inside an application; only links whose both tiers are there are used. */
export const tierLinks: readonly { readonly from: Tier; readonly to: Tier; readonly weight: number }[] = [
  { from: 'lb', to: 'web', weight: 14 },
  { from: 'lb', to: 'api', weight: 8 },
  { from: 'web', to: 'api', weight: 30 },
  { from: 'web', to: 'db', weight: 10 },
  { from: 'api', to: 'db', weight: 24 },
  { from: 'web', to: 'cache', weight: 5 },
  { from: 'api', to: 'cache', weight: 10 },
  { from: 'api', to: 'queue', weight: 8 },
  { from: 'db', to: 'db', weight: 4 },
];

/** Applications that everybody uses; the label `role` is that of the application. `calls`: it connects, not they. */
export type SharedService = {
  readonly app: string;
  readonly server: Listening;
  /** What it connects to on the others, where it is the one that connects. */
  readonly calls: Listening | null;
  readonly weight: number;
};

export const sharedServices: readonly SharedService[] = [
  {
    app: 'dns',
    server: { ...tcp(53, '/usr/sbin/unbound', 'unbound', 'unbound'), protocol: 'udp' },
    calls: null,
    weight: 40,
  },
  {
    app: 'monitoring',
    server: tcp(9090, '/usr/bin/prometheus', 'prometheus', 'prometheus'),
    calls: tcp(9100, '/usr/bin/prometheus-node-exporter', 'prometheus-node-exporter', 'prometheus'),
    weight: 30,
  },
  { app: 'directory', server: tcp(636, '/usr/sbin/slapd', 'slapd', 'openldap'), calls: null, weight: 18 },
  { app: 'backup', server: tcp(9103, '/usr/sbin/bacula-sd', 'bacula-sd', 'bacula'), calls: null, weight: 12 },
];

/** Where an application's workloads are: most in production. `dmz` is where its load balancers stand instead. */
export const environments = [
  { name: 'production', short: 'prod', weight: 55 },
  { name: 'staging', short: 'stage', weight: 24 },
  { name: 'development', short: 'dev', weight: 21 },
  { name: 'shared', short: 'shared', weight: 0 },
  { name: 'dmz', short: 'dmz', weight: 0 },
] as const;
export type Environment = (typeof environments)[number]['name'];

export const locations = [
  { name: 'fra', weight: 40 },
  { name: 'ams', weight: 30 },
  { name: 'nyc', weight: 20 },
  { name: 'sin', weight: 10 },
] as const;

/** Ports that somebody who looks around tries. */
export const scannedPorts: readonly number[] = [22, 23, 80, 135, 445, 1433, 3306, 3389, 5432, 5900, 6379, 9200];
export const secureWeb: Listening = tcp(443, '', '', '');

export const appWords: readonly (readonly string[])[] = [
  ['billing', 'orders', 'catalog', 'claims', 'payroll', 'ledger', 'booking', 'tracking', 'pricing', 'identity'],
  ['portal', 'core', 'engine', 'gateway', 'desk', 'hub', 'reports', 'sync', 'search', 'archive'],
];
