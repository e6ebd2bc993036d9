import { brokenAnswer, failureOf, type KubernetesApi, WatchFailure } from './api.ts';
import { backoff, pause } from './backoff.ts';
import { type KeptChange, put, replaceAll } from './kept.ts';
import { linesOf } from './lines.ts';
import { listAll } from './list-all.ts';
import { type ReadObject, readEvent } from './read-object.ts';

/** One kind of object of a cluster, and what is kept of each. */
export type Resource<T> = {
  /** Its name in the API, as in `/api/v1/pods`. */
  readonly name: string;
  readonly path: string;
  readonly keep: (object: ReadObject) => T;
};

export type ReflectorParts = {
  readonly api: KubernetesApi;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** 0 <= x < 1. */
  readonly random: () => number;
  readonly pause?: typeof pause;
};

export type ReflectorHealth = {
  readonly objects: number;
  /** Null: it is not connected. Milliseconds since the epoch, as all times here. */
  readonly connectedSince: number | null;
  /** When something was last heard of the server, bookmarks included; null: never. */
  readonly heardAt: number | null;
  /** Since when what is held may be out of date; null: it is not. */
  readonly staleSince: number | null;
  readonly lists: number;
  readonly events: number;
  readonly failures: number;
  /** Why it is not connected; null: it is. */
  readonly problem: { readonly code: string; readonly message: string } | null;
};

/** Seconds a watch lasts at most, and how much longer it may: servers end them, and not all at once. */
const watchSeconds = 240;
const moreSeconds = 60;
/** Beyond the end of the watch the server has nothing to be silent about. */
const graceMilliseconds = 30_000;
/** A watch that ends sooner and says nothing is no watch; going on at once would be a storm of requests. */
const shortestWatch = 1000;
/** Garbage in one place of the stream is asked for that often before everything is listed anew. */
const garbageTries = 3;

/**
 * All objects of one kind, kept as they are on the server: one complete list, then what happens after it.
 * INVARIANT: `#version` is where the stream goes on, and moves only past what has been taken into `objects`. Whatever
 * goes wrong, going on there misses nothing; where the server has forgotten what came after, all is listed and compared.
 */
export class Reflector<T> {
  readonly objects = new Map<string, T>();
  readonly #resource: Resource<T>;
  readonly #parts: ReflectorParts;
  readonly #changed: (changes: readonly KeptChange<T>[]) => void;
  #version: string | null = null;
  #isSynced = false;
  #connectedSince: number | null = null;
  #heardAt: number | null = null;
  #staleSince: number | null;
  #counts = { lists: 0, events: 0, failures: 0 };
  #problem: ReflectorHealth['problem'] = null;
  #failuresInARow = 0;
  #garbageInARow = 0;

  /** `changed` is also called, with nothing, when the first list is complete. */
  constructor(resource: Resource<T>, parts: ReflectorParts, changed: (changes: readonly KeptChange<T>[]) => void) {
    [this.#resource, this.#parts, this.#changed] = [resource, parts, changed];
    this.#staleSince = parts.clock();
  }

  /** The first list is complete. */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  health(): ReflectorHealth {
    return {
      objects: this.objects.size,
      connectedSince: this.#connectedSince,
      heardAt: this.#heardAt,
      staleSince: this.#staleSince,
      ...this.#counts,
      problem: this.#problem,
    };
  }

  /** Goes on until the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const wait = this.#parts.pause ?? pause;
    while (!signal.aborted) {
      try {
        if (this.#version === null) await this.#list(signal);
        await this.#watch(signal);
      } catch (error) {
        if (!signal.aborted) await wait(this.#failed(error), signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { objects, version } = await listAll(this.#resource, { api: this.#parts.api, signal });
    this.#counts.lists++;
    const changes = replaceAll(this.objects, objects);
    this.#version = version;
    const isFirst = !this.#isSynced;
    this.#isSynced = true;
    this.#heard();
    if (isFirst || changes.length > 0) this.#changed(changes);
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { api, clock, random } = this.#parts;
    const began = clock();
    const seconds = watchSeconds + Math.floor(random() * moreSeconds);
    const query = new URLSearchParams({
      watch: '1',
      resourceVersion: this.#version ?? '',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(seconds),
    });
    // What is left of the body when it is not read to its end.
    const ended = new AbortController();
    const both = AbortSignal.any([signal, ended.signal]);
    try {
      const silence = seconds * 1000 + graceMilliseconds;
      const answer = await api.get(`${this.#resource.path}?${query}`, { signal: both, silence });
      if (answer.status !== 200) throw failureOf(answer.status, answer.retryAfter);
      this.#connected();
      const before = this.#counts.events;
      for await (const line of linesOf(answer.body)) this.#take(line);
      const isEmpty = this.#counts.events === before && clock() - began < shortestWatch;
      if (isEmpty) throw new WatchFailure('unreachable', 'it ends every watch at once');
    } finally {
      ended.abort();
    }
  }

  #take(line: string): void {
    const event = readEvent(line);
    if (event.kind === 'error') {
      if (event.code === 504) this.#version = null;
      throw failureOf(event.code, event.retryAfter);
    }
    this.#counts.events++;
    this.#failuresInARow = 0;
    this.#heard();
    if (event.kind !== 'bookmark') {
      const to = event.kind === 'deleted' ? null : this.#resource.keep(event.object);
      if (put(this.objects, event.object.key, to)) this.#changed([{ key: event.object.key, to }]);
    }
    this.#version = event.version;
    this.#garbageInARow = 0;
  }

  #connected(): void {
    const now = this.#parts.clock();
    this.#connectedSince ??= now;
    [this.#staleSince, this.#problem] = [null, null];
    this.#heard();
  }

  #heard(): void {
    this.#heardAt = this.#parts.clock();
  }

  /** Milliseconds to wait. */
  #failed(error: unknown): number {
    const failure = asFailure(error);
    this.#counts.failures++;
    const now = this.#parts.clock();
    // Not by the first byte of an answer: a server may begin each one well and end it with a refusal.
    if (this.#connectedSince !== null && now - this.#connectedSince >= shortestWatch) this.#failuresInARow = 0;
    this.#failuresInARow++;
    this.#connectedSince = null;
    this.#staleSince ??= now;
    this.#problem = { code: failure.code, message: failure.message };
    switch (failure.code) {
      case 'gone':
        this.#version = null;
        break;
      case 'unauthorized':
        this.#parts.api.refresh();
        break;
      case 'garbage':
      case 'too-large':
        this.#garbageInARow++;
        if (this.#garbageInARow % garbageTries === 0) this.#version = null;
        break;
      default:
    }
    // Neither a forgotten version nor a token that has just expired is a reason to be slow, once.
    const isQuick = this.#failuresInARow === 1 && (failure.code === 'gone' || failure.code === 'unauthorized');
    if (isQuick) return 0;
    return failure.wait + backoff(this.#failuresInARow, this.#parts.random);
  }
}

/** An error of the socket in the middle of an answer has a code that says nothing of what was sent. */
function asFailure(error: unknown): WatchFailure {
  if (error instanceof WatchFailure) return error;
  if (error instanceof SyntaxError) return brokenAnswer();
  const code = (error as NodeJS.ErrnoException).code ?? 'the connection was cut';
  return new WatchFailure('unreachable', `it cannot be reached (${code})`);
}
