import type { Daemon, Host, Lab } from './lab-file.ts';
import {
  dnsmasqConfig,
  haproxyConfig,
  nginxConfig,
  postgresAccess,
  postgresSchema,
  postgresSettings,
  redisConfig,
  scrapeTargets,
  sshdConfig,
} from './render-configs.ts';

/** One thing a host runs, in a cgroup named like the unit that would run it under systemd. */
export type Unit = {
  readonly name: string;
  readonly user: string;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Files by their path on the host; directories with their owner, made before anything starts. */
  readonly files: Readonly<Record<string, string>>;
  readonly folders: readonly { readonly path: string; readonly user: string }[];
  /** Shell text run once before the start, as the unit's user. */
  readonly prepare: string | null;
  /** The TCP port that answers when it is ready; null for what listens nowhere. */
  readonly port: number | null;
  /** `traffic` starts when every daemon is ready; `job` when it is triggered. */
  readonly start: 'daemon' | 'traffic' | { readonly job: string };
};

const node = '/opt/shop/node';
const postgresBin = '/usr/lib/postgresql/15/bin';
const postgresHome = '/var/lib/postgresql/15/main';

export const unitsOf = (lab: Lab, host: Host): Unit[] => host.daemons.map((daemon) => unitOf(lab, host, daemon));

function unitOf(lab: Lab, host: Host, daemon: Daemon): Unit {
  switch (daemon.run) {
    case 'haproxy':
      return haproxy(lab, host, daemon.upstreams);
    case 'nginx':
      return nginx(lab, host, daemon.api);
    case 'api':
      return api(lab, host, daemon);
    case 'postgres':
      return postgres();
    case 'redis':
      return redis();
    case 'dnsmasq':
      return dnsmasq(lab);
    case 'node-exporter':
      return nodeExporter();
    case 'sshd':
      return sshd(host);
    case 'http-client':
      return httpClient(lab, host, daemon);
    case 'scraper':
      return scraper(lab, host, daemon.every);
    case 'ssh-check':
      return sshCheck(host, daemon);
    case 'report':
      return report(lab, host, daemon.database);
  }
}

const blank = { user: 'root', env: {}, files: {}, folders: [], prepare: null, port: null, start: 'daemon' } as const;

const haproxy = (lab: Lab, host: Host, upstreams: readonly string[]): Unit => ({
  ...blank,
  name: 'haproxy.service',
  command: ['/usr/sbin/haproxy', '-db', '-f', '/etc/haproxy/haproxy.cfg'],
  files: { '/etc/haproxy/haproxy.cfg': haproxyConfig(lab, host, upstreams) },
  port: 80,
});

const nginx = (lab: Lab, host: Host, upstream: string): Unit => ({
  ...blank,
  name: 'nginx.service',
  command: ['/usr/sbin/nginx', '-e', 'stderr', '-c', '/etc/nginx/nginx.conf'],
  files: { '/etc/nginx/nginx.conf': nginxConfig(lab, host, upstream) },
  folders: [
    { path: '/var/lib/nginx', user: 'root' },
    { path: '/var/log/nginx', user: 'root' },
  ],
  port: 80,
});

const api = (lab: Lab, host: Host, daemon: Extract<Daemon, { run: 'api' }>): Unit => ({
  ...blank,
  name: 'shop-api.service',
  user: 'www-data',
  command: [node, ...smallHeap, '/opt/shop/app/api.ts'],
  env: { HOST: host.name, DOMAIN: lab.domain, DATABASE: daemon.database ?? '', CACHE: daemon.cache ?? '' },
  port: 8080,
});

const postgres = (): Unit => ({
  ...blank,
  name: 'postgresql@15-main.service',
  user: 'postgres',
  command: [`${postgresBin}/postgres`, '-D', postgresHome],
  files: {
    '/etc/postgresql/settings.conf': postgresSettings,
    '/etc/postgresql/access.conf': postgresAccess,
    '/etc/postgresql/schema.sql': postgresSchema,
  },
  folders: [
    { path: '/var/lib/postgresql', user: 'postgres' },
    { path: '/run/postgresql', user: 'postgres' },
  ],
  prepare: `${postgresBin}/initdb --no-sync --wal-segsize=1 --auth trust --encoding UTF8 --locale C -D ${postgresHome} > /dev/null
cat /etc/postgresql/settings.conf >> ${postgresHome}/postgresql.conf
cp /etc/postgresql/access.conf ${postgresHome}/pg_hba.conf
${postgresBin}/postgres --single -j -D ${postgresHome} postgres < /etc/postgresql/schema.sql > /dev/null`,
  port: 5432,
});

const redis = (): Unit => ({
  ...blank,
  name: 'redis-server.service',
  user: 'redis',
  command: ['/usr/bin/redis-server', '/etc/redis/redis.conf'],
  files: { '/etc/redis/redis.conf': redisConfig },
  folders: [{ path: '/var/lib/redis', user: 'redis' }],
  port: 6379,
});

const dnsmasq = (lab: Lab): Unit => ({
  ...blank,
  name: 'dnsmasq.service',
  command: ['/usr/sbin/dnsmasq', '--conf-file=/etc/dnsmasq.conf', '--pid-file=/run/dnsmasq.pid'],
  files: { '/etc/dnsmasq.conf': dnsmasqConfig(lab) },
  port: 53,
});

const nodeExporter = (): Unit => ({
  ...blank,
  name: 'prometheus-node-exporter.service',
  user: 'prometheus',
  command: [
    '/usr/bin/prometheus-node-exporter',
    '--log.level=warn',
    '--collector.disable-defaults',
    ...['loadavg', 'meminfo', 'netdev', 'sockstat', 'stat', 'uname'].map((name) => `--collector.${name}`),
  ],
  env: { GOMAXPROCS: '1' },
  port: 9100,
});

const sshd = (host: Host): Unit => ({
  ...blank,
  name: 'ssh.service',
  command: ['/usr/sbin/sshd', '-D', '-e', '-f', '/etc/ssh/sshd_config'],
  files: { '/etc/ssh/sshd_config': sshdConfig(host) },
  folders: [{ path: '/run/sshd', user: 'root' }],
  port: 22,
});

const httpClient = (lab: Lab, host: Host, daemon: Extract<Daemon, { run: 'http-client' }>): Unit => ({
  ...blank,
  name: 'shop-client.service',
  user: 'www-data',
  command: [node, ...smallHeap, '/opt/shop/app/http-client.ts'],
  env: { HOST: host.name, DOMAIN: lab.domain, TARGET: daemon.to, RATE: String(daemon.rate) },
  start: 'traffic',
});

const scraper = (lab: Lab, host: Host, every: number): Unit => ({
  ...blank,
  name: 'prometheus.service',
  user: 'prometheus',
  command: [node, ...smallHeap, '/opt/shop/app/scraper.ts'],
  env: { HOST: host.name, DOMAIN: lab.domain, TARGETS: scrapeTargets(lab, host).join(','), EVERY: String(every) },
  start: 'traffic',
});

const sshCheck = (host: Host, daemon: Extract<Daemon, { run: 'ssh-check' }>): Unit => ({
  ...blank,
  name: 'ssh-check.service',
  command: ['/bin/sh', '/opt/shop/app/ssh-check.sh'],
  env: { HOST: host.name, TARGET: daemon.to, EVERY: String(daemon.every) },
  start: 'traffic',
});

const report = (lab: Lab, host: Host, database: string): Unit => ({
  ...blank,
  name: 'report.service',
  user: 'www-data',
  command: [node, ...smallHeap, '/opt/shop/app/report.ts'],
  env: { HOST: host.name, DOMAIN: lab.domain, DATABASE: database },
  start: { job: 'report' },
});

/** Young space of 1 MB and old space of 48 MB: these programs keep nothing. */
const smallHeap = ['--max-semi-space-size=1', '--max-old-space-size=48'];
