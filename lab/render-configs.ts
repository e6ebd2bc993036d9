import { nameServer } from './address-plan.ts';
import { type Host, hasDaemon, type Lab } from './lab-file.ts';

/**
 * Configuration files of the real daemons, as text. Proxies log one line `edge FROM TO SERVICE OUTCOME` per request
 * they pass on (lab/traffic-log.ts reads it), open a connection of its own for each, and never retry: what fails shows.
 */
export function haproxyConfig(lab: Lab, host: Host, upstreams: readonly string[]): string {
  const servers = upstreams.map(
    (name) => `    server ${name} ${name}.${lab.domain}:80 resolvers lab resolve-prefer ipv4 init-addr last,libc,none`,
  );
  return `global
    user haproxy
    group haproxy
    maxconn 1000
    nbthread 1
    log stdout format raw local0 info

defaults
    mode http
    log global
    option dontlognull
    option httpclose
    http-reuse never
    retries 0
    timeout connect 1s
    timeout client 1h
    timeout server 5s
    log-format "edge ${host.name} %s tcp/80 %ts"

resolvers lab
    nameserver lab ${nameServer(lab)?.v4 ?? '127.0.0.1'}:53
    hold valid 5s
    timeout resolve 5s
    timeout retry 1s

frontend shop
    bind :80
    bind :::80 v6only
    default_backend web

backend web
    balance roundrobin
${servers.join('\n')}
`;
}

export function nginxConfig(lab: Lab, host: Host, api: string): string {
  return `user www-data;
worker_processes 1;
daemon off;
pid /run/nginx.pid;
error_log stderr warn;
events { worker_connections 512; }
http {
    default_type text/plain;
    resolver ${nameServer(lab)?.v4 ?? '127.0.0.1'} valid=5s;
    resolver_timeout 2s;
    keepalive_timeout 1h;
    map $upstream_status $edge_outcome {
        default ok;
        "~^50[24]" upstream-$upstream_status;
        "" no-upstream;
    }
    log_format edge 'edge ${host.name} ${api} tcp/8080 $edge_outcome';
    access_log off;
    server {
        listen 80;
        listen [::]:80;
        add_header X-Web ${host.name} always;
        location = /healthz { return 200 "ok\\n"; }
        location / {
            set $api http://${api}.${lab.domain}:8080;
            proxy_pass $api;
            proxy_connect_timeout 1s;
            proxy_read_timeout 4s;
            proxy_next_upstream off;
            access_log /dev/stdout edge;
        }
    }
}
`;
}

/** The lab's network may log in without a password: everything lives and dies inside the lab's own namespace. */
export const postgresAccess = `local all all trust
host all all 0.0.0.0/0 trust
host all all ::/0 trust
`;

export const postgresSettings = `listen_addresses = '*'
unix_socket_directories = '/run/postgresql'
max_connections = 60
shared_buffers = 16MB
fsync = off
wal_level = minimal
min_wal_size = 2MB
max_wal_size = 16MB
max_wal_senders = 0
log_min_messages = warning
log_checkpoints = off
`;

export const postgresSchema = `create table orders (id bigserial primary key, at timestamptz not null default now(), amount integer not null);
insert into orders (amount) select n from generate_series(1, 100) n;
`;

export const redisConfig = `bind * -::*
protected-mode no
port 6379
daemonize no
save ""
appendonly no
maxmemory 16mb
loglevel warning
dir /var/lib/redis
`;

/** Authoritative for the lab's domain and nothing else: a name outside it is refused, never forwarded. */
export function dnsmasqConfig(lab: Lab): string {
  const records = lab.hosts.map((host) => `host-record=${host.name}.${lab.domain},${host.v4},${host.v6}`);
  return `keep-in-foreground
log-facility=-
no-resolv
no-hosts
no-negcache
cache-size=0
local=/${lab.domain}/
${records.join('\n')}
`;
}

export function sshdConfig(host: Host): string {
  return `Port 22
ListenAddress ${host.v4}
ListenAddress ${host.v6}
HostKey /etc/ssh/ssh_host_ed25519_key
PidFile none
UsePAM no
UseDNS no
PermitRootLogin forced-commands-only
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile /etc/ssh/authorized_keys
LogLevel ERROR
`;
}

export function resolvConf(lab: Lab): string {
  const server = nameServer(lab);
  const lines = [`search ${lab.domain}`, 'options timeout:1 attempts:2'];
  return `${(server === null ? lines : [`nameserver ${server.v4}`, ...lines]).join('\n')}\n`;
}

export function hostsFile(lab: Lab, host: Host): string {
  const names = `${host.name}.${lab.domain} ${host.name}`;
  return `127.0.0.1 localhost\n::1 localhost\n${host.v4} ${names}\n${host.v6} ${names}\n`;
}

/** Everyone the scraper of this lab reads: every host that exports metrics but itself. */
export const scrapeTargets = (lab: Lab, host: Host): string[] =>
  lab.hosts.filter((other) => other !== host && hasDaemon(other, 'node-exporter')).map((other) => other.name);
