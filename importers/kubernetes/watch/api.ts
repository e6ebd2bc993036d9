/** One answer of an API server: its body has to be read to the end or ended by aborting what asked for it. */
export type ApiAnswer = {
  readonly status: number;
  /** Milliseconds the server asks to be left alone; null: it does not say. */
  readonly retryAfter: number | null;
  readonly body: AsyncIterable<Uint8Array>;
};

export type Asking = {
  readonly signal: AbortSignal;
  /** Milliseconds without a byte after which the connection counts as lost. */
  readonly silence: number;
};

/** As much of a cluster's API as is needed to watch it. */
export type KubernetesApi = {
  /** Rejects when there is no answer. `path` begins with a slash and has its query. */
  readonly get: (path: string, asking: Asking) => Promise<ApiAnswer>;
  /** The credentials were refused: they are read again before the next request. */
  readonly refresh: () => void;
};

/**
 * Why a list or a watch did not go on. INVARIANT: no message holds anything of a request's headers or of an answer's
 * body, where tokens and names of users are.
 */
export class WatchFailure extends Error {
  readonly code: FailureCode;
  /** Milliseconds; at least this long nothing is asked. */
  readonly wait: number;

  constructor(code: FailureCode, message: string, wait = 0) {
    super(message);
    [this.code, this.wait] = [code, wait];
  }
}

/** `gone`: what was asked about is older than what the server remembers. */
export type FailureCode =
  | 'unreachable'
  | 'unauthorized'
  | 'forbidden'
  | 'busy'
  | 'gone'
  | 'garbage'
  | 'too-large'
  | 'refused';

/** Longer than this nobody is let wait, whatever a server says. */
const longestWait = 300_000;

export function failureOf(status: number, retryAfter: number | null): WatchFailure {
  const wait = Math.min(retryAfter ?? 0, longestWait);
  if (status === 401) return new WatchFailure('unauthorized', 'it refuses the credentials (401)', wait);
  if (status === 403)
    return new WatchFailure(
      'forbidden',
      'the account may not (403), the role of docs/kubernetes-role.yaml is needed',
      wait,
    );
  if (status === 410) return new WatchFailure('gone', 'it no longer knows what happened since (410)');
  if (status === 429 || status >= 500) return new WatchFailure('busy', `it cannot answer now (${status})`, wait);
  return new WatchFailure('refused', `it answers ${status}`, wait);
}

export const brokenAnswer = (): WatchFailure =>
  new WatchFailure('garbage', 'its answer is not what an API server sends');
