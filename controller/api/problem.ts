import type { Problem } from '@bulkhead/model/problem.ts';

/** Every problem the API answers with, and its status. The codes are stable; RFC 9457 carries them. */
export const problemStatus = {
  'invalid-request': 400,
  'bad-cursor': 400,
  'bad-filter': 400,
  'bad-csv': 400,
  'bad-host': 409,
  'not-logged-in': 401,
  'wrong-password': 401,
  'not-permitted': 403,
  /** Nobody reads it: whoever asked has closed the connection. */
  'client-gone': 499,
  'not-owner': 403,
  'cross-origin': 403,
  'wrong-setup-token': 403,
  'not-found': 404,
  'already-set-up': 409,
  'already-exists': 409,
  'last-admin': 409,
  'link-expired': 403,
  'base-moved': 409,
  'workload-managed': 409,
  'idempotency-in-progress': 409,
  'draft-changed': 412,
  'too-large': 413,
  'unsupported-media-type': 415,
  'draft-has-problems': 422,
  'host-too-large': 422,
  'idempotency-key-reused': 422,
  'weak-password': 422,
  'too-many-requests': 429,
  internal: 500,
  'history-unavailable': 503,
  'disk-full': 507,
} as const satisfies Readonly<Record<string, number>>;

export type ProblemCode = keyof typeof problemStatus;

/** The body of an answer that is not what was asked for (application/problem+json). */
export type ProblemDocument = {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  /** Where text was refused: every problem with file, line and column. */
  readonly problems?: readonly Problem[];
};

/** Ends a request; the error handler answers it. The framework's one way out of a handler that also ends its hooks. */
export class Refused extends Error {
  readonly code: ProblemCode;
  readonly problems: readonly Problem[] | undefined;

  constructor(code: ProblemCode, detail: string, problems?: readonly Problem[]) {
    super(detail);
    this.code = code;
    this.problems = problems;
  }
}

export function problemDocument({ code, message, problems }: Refused): ProblemDocument {
  const status = problemStatus[code];
  const title = code.replaceAll('-', ' ');
  const body = { type: `urn:bulkhead:problem:${code}`, title, status, code, detail: message };
  return problems === undefined ? body : { ...body, problems };
}

export const notFound = (what: string, name: string | number): Refused =>
  new Refused('not-found', `Cannot find ${what} "${name}": there is none of that name`);
