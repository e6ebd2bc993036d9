import { failureOf, type KubernetesApi, WatchFailure } from './api.ts';
import { textOf } from './lines.ts';
import { type ReadList, readList } from './read-object.ts';
import type { Resource } from './reflector.ts';

/** Objects that one page holds; a page that is too large for memory is asked for in halves. */
const pageSize = 500;
const pageByteLimit = 128 * 1024 * 1024;
/** Milliseconds; a server that works on a page is not silent for longer. */
const listSilence = 60_000;
/** Lists that expired on their way before everything is asked for at once. */
const pagedTries = 2;

export type Listed<T> = { readonly objects: ReadonlyMap<string, T>; readonly version: string };
type Listing = { readonly api: KubernetesApi; readonly signal: AbortSignal };

/**
 * Every object as it was at one version. No `resourceVersion` is asked for: "Return data at the most recent resource
 * version", never an older one of a server that lags behind.
 */
export async function listAll<T>(resource: Resource<T>, listing: Listing): Promise<Listed<T>> {
  let limit = pageSize;
  for (let expired = 0; ; ) {
    try {
      return await listInPages(resource, { ...listing, limit: expired < pagedTries ? limit : 0 });
    } catch (error) {
      if (!(error instanceof WatchFailure)) throw error;
      if (error.code === 'too-large' && limit > 1 && expired < pagedTries) limit = Math.ceil(limit / 2);
      else if (error.code === 'gone' && expired < pagedTries) expired++;
      else throw error;
    }
  }
}

type PagedListing = Listing & {
  /** 0: all on one page. */
  readonly limit: number;
};

/** A page that has expired (410) takes all that came before it with it: parts of two lists are not one. */
async function listInPages<T>({ path, keep }: Resource<T>, listing: PagedListing): Promise<Listed<T>> {
  const objects = new Map<string, T>();
  let next: string | null = null;
  for (;;) {
    const query = new URLSearchParams();
    if (listing.limit > 0) query.set('limit', String(listing.limit));
    if (next !== null) query.set('continue', next);
    const page: ReadList = await readPage(`${path}?${query}`, listing);
    for (const object of page.objects) objects.set(object.key, keep(object));
    next = page.next;
    if (next === null) return { objects, version: page.version };
  }
}

async function readPage(path: string, { api, signal }: Listing): Promise<ReadList> {
  const ended = new AbortController();
  try {
    const answer = await api.get(path, { signal: AbortSignal.any([signal, ended.signal]), silence: listSilence });
    if (answer.status !== 200) throw failureOf(answer.status, answer.retryAfter);
    return readList(await textOf(answer.body, pageByteLimit));
  } finally {
    ended.abort();
  }
}
