import type { Problem } from '@bulkhead/model/problem.ts';
import { first } from './first.ts';
import { apiPrefix, pageAfter } from './first-answers.ts';
import { readLines, type StepLine } from './read-lines.ts';

/** What the API refused (application/problem+json), or `unreachable` when there was no answer. */
export class ApiProblem extends Error {
  readonly code: string;
  /** 0: no answer came. */
  readonly status: number;
  readonly problems: readonly Problem[];

  constructor({ code, status, detail, problems = [] }: ProblemBody) {
    super(detail);
    this.name = 'ApiProblem';
    this.code = code;
    this.status = status;
    this.problems = problems;
  }
}

type ProblemBody = {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly problems?: readonly Problem[];
};

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The JSON answer; an empty one is null. `path` below the prefix of the API, with its query. */
export const ask = <T>(method: Method, path: string, body?: unknown, signal?: AbortSignal): Promise<T> =>
  answerOf<T>(send(method, path, { body, signal }));

async function answerOf<T>(sent: Promise<Response>): Promise<T> {
  const response = await sent;
  const text = await response.text();
  const parsed = text === '' ? null : parse(text);
  if (response.ok) return parsed as T;
  throw new ApiProblem(problemOf(parsed, response));
}

type Steps<P> = { readonly signal?: AbortSignal; readonly tell: (progress: P) => void };

/** A long answer, whose progress is told while it is worked out. Ending the signal ends the work. */
export async function askInSteps<T, P>(method: Method, path: string, { signal, tell }: Steps<P>): Promise<T> {
  const response = await send(method, path, { body: undefined, accept: lineType, signal });
  if (!response.ok || response.body === null) return answerOf<T>(Promise.resolve(response));
  for await (const line of readLines<StepLine<T, P>>(response.body)) {
    if ('progress' in line) tell(line.progress);
    else if ('answer' in line) return line.answer;
    else throw new ApiProblem(problemOf(line.problem, response));
  }
  throw new ApiProblem({
    code: 'unreadable',
    status: 0,
    detail: 'Cannot read the answer of the controller: it broke off',
  });
}

const lineType = 'application/x-ndjson';

/** `revision`: of the draft as it was seen; the controller refuses with `draft-changed` when it is another by now. */
type Seen = { readonly revision: number; readonly body?: unknown };

/** `ask` about a draft that must still be as it was seen. */
export const askSeen = <T>(method: Method, path: string, { revision, body }: Seen): Promise<T> =>
  answerOf<T>(send(method, path, { body, ifMatch: `"${revision}"`, signal: undefined }));

export const isDraftChanged = (error: unknown): error is ApiProblem =>
  error instanceof ApiProblem && error.code === 'draft-changed';

type More = {
  readonly body: unknown;
  readonly ifMatch?: string;
  readonly accept?: string;
  readonly signal: AbortSignal | undefined;
};

async function send(method: Method, path: string, { body, ifMatch, accept, signal }: More): Promise<Response> {
  const headers = {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    ...(ifMatch !== undefined && { 'if-match': ifMatch }),
    ...(accept !== undefined && { accept }),
  };
  const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
  if (body !== undefined) init.body = JSON.stringify(body);
  if (signal !== undefined) init.signal = signal;
  try {
    if (method !== 'GET') first.forget();
    return await (first.take(path) ?? fetch(apiPrefix + path, init));
  } catch (error) {
    if (signal?.aborted) throw error;
    const detail = 'Cannot reach the controller: no answer came; hosts go on enforcing what they have';
    throw new ApiProblem({ code: 'unreachable', status: 0, detail });
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function problemOf(parsed: unknown, { status }: Response): ProblemBody {
  if (typeof parsed === 'object' && parsed !== null && 'code' in parsed && 'detail' in parsed) {
    return parsed as ProblemBody;
  }
  return { code: 'unreadable', status, detail: `Cannot read the answer of the controller: status ${status}` };
}

/** One path segment that may be any text. */
export const segment = (text: string): string => encodeURIComponent(text);

/** Every item of a paged answer; stops at `most`, and says so. */
export async function askAll<T>(path: string, most: number, signal?: AbortSignal): Promise<All<T>> {
  const items: T[] = [];
  let cursor: string | null = null;
  do {
    const at: string = cursor === null ? path : pageAfter(path, cursor);
    const page: Page<T> = await ask<Page<T>>('GET', at, undefined, signal);
    items.push(...page.items);
    cursor = page.next;
  } while (cursor !== null && items.length < most);
  return { items, complete: cursor === null };
}

export type Page<T> = { readonly items: readonly T[]; readonly next: string | null };
export type All<T> = { readonly items: readonly T[]; readonly complete: boolean };
