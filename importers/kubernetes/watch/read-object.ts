import { brokenAnswer } from './api.ts';

/** An object as it came, known to have a name. */
export type ReadObject = {
  /** `namespace/name`, or `name` of what is in no namespace. */
  readonly key: string;
  readonly name: string;
  readonly namespace: string | null;
  readonly json: Readonly<Record<string, unknown>>;
};

export type WatchEvent =
  | { readonly kind: 'put' | 'deleted'; readonly object: ReadObject; readonly version: string }
  | { readonly kind: 'bookmark'; readonly version: string }
  | { readonly kind: 'error'; readonly code: number; readonly retryAfter: number | null };

export type ReadList = {
  readonly objects: readonly ReadObject[];
  readonly version: string;
  /** Null: this was the last page. */
  readonly next: string | null;
};

/** Throws `garbage` for everything that is none: what is not understood must not count as having been seen. */
export function readEvent(line: string): WatchEvent {
  const event = parseMap(line);
  const object = asMap(event.object);
  if (event.type === 'ERROR') return readError(object);
  const version = asMap(object.metadata).resourceVersion;
  if (typeof version !== 'string' || version === '') throw brokenAnswer();
  if (event.type === 'BOOKMARK') return { kind: 'bookmark', version };
  if (event.type === 'DELETED') return { kind: 'deleted', object: readObject(object), version };
  if (event.type === 'ADDED' || event.type === 'MODIFIED') return { kind: 'put', object: readObject(object), version };
  throw brokenAnswer();
}

export function readList(text: string): ReadList {
  const list = parseMap(text);
  const metadata = asMap(list.metadata);
  const { resourceVersion: version, continue: next } = metadata;
  const items = list.items ?? [];
  if (typeof version !== 'string' || version === '' || !Array.isArray(items)) throw brokenAnswer();
  return {
    objects: items.map((item) => readObject(asMap(item))),
    version,
    next: typeof next === 'string' && next !== '' ? next : null,
  };
}

function readError(status: Readonly<Record<string, unknown>>): WatchEvent {
  const { code } = status;
  if (typeof code !== 'number') throw brokenAnswer();
  const seconds = asMap(status.details ?? {}).retryAfterSeconds;
  return { kind: 'error', code, retryAfter: typeof seconds === 'number' ? seconds * 1000 : null };
}

function readObject(json: Readonly<Record<string, unknown>>): ReadObject {
  const { name, namespace = null } = asMap(json.metadata);
  if (typeof name !== 'string' || name === '') throw brokenAnswer();
  if (namespace !== null && typeof namespace !== 'string') throw brokenAnswer();
  return { key: namespace === null ? name : `${namespace}/${name}`, name, namespace, json };
}

function parseMap(text: string): Readonly<Record<string, unknown>> {
  return asMap(JSON.parse(text));
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw brokenAnswer();
  return value as Readonly<Record<string, unknown>>;
}
