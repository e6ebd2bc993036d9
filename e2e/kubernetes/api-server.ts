/** A real kube-apiserver with its own etcd, on loopback, with everything it needs in one folder. */
import { type ChildProcess, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { repository, until } from '../scenario.ts';

const binaries = join(repository, '.cache/kube-apiserver');
export const isBuilt = (): boolean => ['etcd', 'kube-apiserver'].every((name) => existsSync(join(binaries, name)));

export type Answered = {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: scenarios look into whatever came back, and fail where it is not there
  readonly body: any;
};

type Ports = { readonly api: number; readonly etcd: number; readonly peers: number };

/** INVARIANT: both end with this process, however that ends. */
export class ApiServer {
  readonly #folder: string;
  readonly #ports: Ports;
  readonly #token = randomBytes(16).toString('hex');
  #etcd: ChildProcess | null = null;
  #server: ChildProcess | null = null;

  private constructor(folder: string, ports: Ports) {
    [this.#folder, this.#ports] = [folder, ports];
  }

  static async start(folder: string): Promise<ApiServer> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const [api, etcd, peers] = [await freePort(), await freePort(), await freePort()];
    const server = new ApiServer(folder, { api, etcd, peers });
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    server.#write('accounts.key', privateKey.export({ type: 'pkcs8', format: 'pem' }));
    server.#write('accounts.pub', publicKey.export({ type: 'spki', format: 'pem' }));
    server.#write('tokens.csv', `${server.#token},admin,admin,"system:masters"\n`);
    server.#startEtcd();
    await server.startServer();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#ports.api}`;
  }

  /** A kubeconfig for a token, with the server's own certificate as its authority. */
  kubeconfig(token: string, name: string): string {
    const cluster = { server: this.url, 'certificate-authority': this.#path('certificates/apiserver.crt') };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'real', cluster }],
      users: [{ name: 'watcher', user: { token } }],
      contexts: [{ name: 'real', context: { cluster: 'real', user: 'watcher' } }],
      'current-context': 'real',
    };
    this.#write(name, JSON.stringify(config));
    return this.#path(name);
  }

  /** As somebody who may do everything, or with another token. */
  call(method: string, path: string, body?: object, token = this.#token): Promise<Answered> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const headers = { authorization: `Bearer ${token}`, 'content-type': type };
    const ca = readFileSync(this.#path('certificates/apiserver.crt'));
    return new Promise((resolve, reject) => {
      const asked = request(`${this.url}${path}`, { method, headers, ca, agent: false }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => {
          text += piece;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: jsonOr(text) }));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  async startServer(): Promise<void> {
    const folder = this.#path('certificates');
    this.#server = this.#run('kube-apiserver', [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      `--secure-port=${this.#ports.api}`,
      ...['--bind-address=127.0.0.1', '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none'],
      `--cert-dir=${folder}`,
      `--token-auth-file=${this.#path('tokens.csv')}`,
      ...['--authorization-mode=RBAC', '--service-cluster-ip-range=10.96.0.0/16', '--anonymous-auth=false'],
      ...['--service-account-issuer=https://kubernetes.test', '--api-audiences=https://kubernetes.test'],
      `--service-account-signing-key-file=${this.#path('accounts.key')}`,
      `--service-account-key-file=${this.#path('accounts.pub')}`,
      // Pods are made by hand here, and nobody makes accounts for their namespaces.
      '--disable-admission-plugins=ServiceAccount',
    ]);
    const ready = async () => ((await this.call('GET', '/readyz')).status === 200 ? true : null);
    await until('kube-apiserver to be ready', ready, { seconds: 60, seen: () => this.log().slice(-1500) });
  }

  async stopServer(): Promise<void> {
    await ended(this.#server);
    this.#server = null;
  }

  async stop(): Promise<void> {
    await this.stopServer();
    await ended(this.#etcd);
  }

  log(): string {
    return readFileSync(this.#path('kube-apiserver.log'), 'utf8');
  }

  #startEtcd(): void {
    const [client, peer] = [`http://127.0.0.1:${this.#ports.etcd}`, `http://127.0.0.1:${this.#ports.peers}`];
    this.#etcd = this.#run('etcd', [
      ...['--data-dir', this.#path('etcd'), '--log-level', 'error'],
      ...['--listen-client-urls', client, '--advertise-client-urls', client],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`],
    ]);
  }

  #run(name: string, args: readonly string[]): ChildProcess {
    const output = openSync(this.#path(`${name}.log`), 'a', 0o600);
    const command = ['--pdeathsig', 'KILL', join(binaries, name), ...args];
    const child = spawn('setpriv', command, { stdio: ['ignore', output, output] });
    closeSync(output);
    return child;
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #write(name: string, content: string | Buffer): void {
    writeFileSync(this.#path(name), content, { mode: 0o600 });
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function ended(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.on('exit', () => resolve());
    child.kill('SIGKILL');
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
