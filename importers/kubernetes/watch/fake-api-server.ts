import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An object as tests write it; the server adds its versions. */
export type FakeObject = {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
};

type Stored = { readonly key: string; readonly json: Record<string, unknown>; readonly version: number };
type Event = { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly resource: string; readonly stored: Stored };
type Watcher = { readonly resource: string; readonly response: ServerResponse };

/** What the next request that fits gets instead of an answer. Each is used up by one request. */
export type Fault = {
  readonly on: 'list' | 'watch' | 'page';
  readonly resource?: string;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent with status 200, and that is all. */
  readonly body?: string;
};

/**
 * An API server as far as lists and watches go, with faults that a real one cannot be asked for. It keeps state: tests
 * change objects and look at what a watcher has come to, not at what it called.
 */
export class FakeApiServer {
  /** Bearer token that requests need; null: none. */
  token: string | null = null;
  /** Objects per page at most, whatever is asked for. */
  pageLimit = Number.POSITIVE_INFINITY;
  readonly faults: Fault[] = [];
  /** Paths with queries, as they came. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #objects = new Map<string, Map<string, Stored>>();
  readonly #watchers = new Set<Watcher>();
  /** Every page of a list shows the objects as they were at its first. */
  readonly #snapshots = new Map<string, { readonly version: number; readonly items: readonly Stored[] }>();
  #events: Event[] = [];
  #version = 1000;
  /** What happened up to here is forgotten. */
  #compacted = 0;

  constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  listen(port = 0): Promise<void> {
    return new Promise((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends connections, too. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  /** A kubeconfig that leads here. */
  kubeconfig(token = this.token): string {
    const cluster = { server: `http://127.0.0.1:${this.port}`, 'insecure-skip-tls-verify': true };
    return JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'fake', cluster }],
      users: [{ name: 'watcher', user: token === null ? {} : { token } }],
      contexts: [{ name: 'fake', context: { cluster: 'fake', user: 'watcher' } }],
      'current-context': 'fake',
    });
  }

  put(resource: string, object: FakeObject): void {
    const version = ++this.#version;
    const { name, namespace } = object.metadata;
    const key = namespace === undefined ? name : `${namespace}/${name}`;
    const json = { ...object, metadata: { ...object.metadata, resourceVersion: String(version) } };
    const known = this.#resource(resource).has(key);
    const stored = { key, json, version };
    this.#resource(resource).set(key, stored);
    this.#emit({ type: known ? 'MODIFIED' : 'ADDED', resource, stored });
  }

  remove(resource: string, key: string): void {
    const before = this.#resource(resource).get(key);
    if (before === undefined) return;
    const version = ++this.#version;
    this.#resource(resource).delete(key);
    const metadata = { ...(before.json.metadata as object), resourceVersion: String(version) };
    this.#emit({ type: 'DELETED', resource, stored: { key, version, json: { ...before.json, metadata } } });
  }

  keys(resource: string): string[] {
    return [...this.#resource(resource).keys()].sort();
  }

  /** As the object is on the server. */
  json(resource: string, key: string): Record<string, unknown> | undefined {
    return this.#resource(resource).get(key)?.json;
  }

  bookmark(resource: string): void {
    const object = { metadata: { resourceVersion: String(this.#version), creationTimestamp: null } };
    this.#send(resource, `${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
  }

  /** Forgets everything that happened so far: versions before now, and lists half read, are gone. */
  compact(): void {
    this.#compacted = this.#version;
    this.#events = [];
    this.#snapshots.clear();
  }

  /** Raw bytes into open watches, as a broken proxy would put there. */
  sendRaw(resource: string, text: string): void {
    this.#send(resource, text);
  }

  /** Cuts the connections of open watches, in the middle of an object if one is given to begin with. */
  cutWatches(beginning = ''): void {
    for (const watcher of this.#watchers) {
      if (beginning === '') watcher.response.destroy();
      else watcher.response.write(beginning, () => watcher.response.destroy());
    }
    this.#watchers.clear();
  }

  /** Ends open watches in order, as a server does after the time it was asked for. */
  endWatches(): void {
    for (const watcher of this.#watchers) watcher.response.end();
    this.#watchers.clear();
  }

  get openWatches(): number {
    return this.#watchers.size;
  }

  #resource(resource: string): Map<string, Stored> {
    const known = this.#objects.get(resource) ?? new Map<string, Stored>();
    this.#objects.set(resource, known);
    return known;
  }

  #emit(event: Event): void {
    this.#events.push(event);
    this.#send(event.resource, lineOf(event));
  }

  #send(resource: string, text: string): void {
    for (const watcher of this.#watchers) if (watcher.resource === resource) watcher.response.write(text);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(request.url ?? '');
    const url = new URL(request.url ?? '/', 'http://fake');
    const resource = url.pathname.split('/').at(-1) ?? '';
    const kind = url.searchParams.has('watch') ? 'watch' : url.searchParams.has('continue') ? 'page' : 'list';
    const isRefused = this.token !== null && request.headers.authorization !== `Bearer ${this.token}`;
    const fault = isRefused
      ? { status: 401 }
      : this.faults.find((one) => one.on === kind && (one.resource ?? resource) === resource);
    if (fault !== undefined) this.#fail(fault, response);
    else if (kind === 'watch') this.#watch(resource, Number(url.searchParams.get('resourceVersion')), response);
    else this.#list(resource, url.searchParams, response);
  }

  #fail(fault: Omit<Fault, 'on'>, response: ServerResponse): void {
    const index = this.faults.indexOf(fault as Fault);
    if (index >= 0) this.faults.splice(index, 1);
    if (fault.body === undefined) refuse(response, fault.status ?? 500, fault.headers);
    else response.writeHead(200).end(fault.body);
  }

  #watch(resource: string, from: number, response: ServerResponse): void {
    if (from < this.#compacted) {
      // As the real one: the refusal is an event of an answer that begins well.
      const object = { kind: 'Status', code: 410, reason: 'Expired' };
      response.writeHead(200).end(`${JSON.stringify({ type: 'ERROR', object })}\n`);
      return;
    }
    response.writeHead(200);
    response.flushHeaders();
    for (const event of this.#events)
      if (event.resource === resource && event.stored.version > from) response.write(lineOf(event));
    const watcher = { resource, response };
    this.#watchers.add(watcher);
    response.on('close', () => this.#watchers.delete(watcher));
  }

  #list(resource: string, query: URLSearchParams, response: ServerResponse): void {
    const token = query.get('continue');
    const [id = '', start = '0'] = token?.split('.') ?? [];
    const fresh = { version: this.#version, items: [...this.#resource(resource).values()] };
    const snapshot = token === null ? fresh : this.#snapshots.get(id);
    if (snapshot === undefined) {
      refuse(response, 410);
      return;
    }
    const asked = Number(query.get('limit') ?? 0);
    const limit = asked === 0 ? Number.POSITIVE_INFINITY : Math.min(asked, this.pageLimit);
    const end = Number(start) + limit;
    const next = end < snapshot.items.length ? `${token === null ? this.#keep(snapshot) : id}.${end}` : '';
    const items = snapshot.items.slice(Number(start), end).map(({ json }) => json);
    const metadata = { resourceVersion: String(snapshot.version), ...(next === '' ? {} : { continue: next }) };
    response.writeHead(200).end(JSON.stringify({ kind: 'List', metadata, items }));
  }

  #keep(snapshot: { readonly version: number; readonly items: readonly Stored[] }): string {
    const id = `list-${this.#snapshots.size}-${this.#version}`;
    this.#snapshots.set(id, snapshot);
    return id;
  }
}

const lineOf = ({ type, stored }: Event): string => `${JSON.stringify({ type, object: stored.json })}\n`;

function refuse(response: ServerResponse, code: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(code, headers).end(JSON.stringify({ kind: 'Status', status: 'Failure', code }));
}
