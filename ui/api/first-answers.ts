export const apiPrefix = '/api/v1';
export const sessionPath = '/session';
export const workloadsPath = '/workloads?limit=20000';
export const edgesPath = '/edges/table';

/** Answers by path below the prefix of the API. */
export type FirstAnswers<Answer> = {
  /** Whether somebody is signed in, and what the map's first picture is made of. */
  readonly begin: (page: string) => Promise<void>;
  /** The answer under way, once; null: ask for yourself. */
  readonly take: (path: string) => Promise<Answer> | null;
  /** What was asked before something changed is no answer any more. */
  readonly forget: () => void;
};

type Reply = { readonly ok: boolean; readonly clone: () => { readonly json: () => Promise<unknown> } };

/** Nobody is signed in there, and signing in changes the answer. */
const outside = ['/sign-in', '/setup'];
const withMap = ['/', '/map'];

/** The start page leads to the map. */
export const isMapPage = (page: string): boolean => withMap.includes(page);

/**
 * Answers that were asked for before there was anybody to ask: loading and starting the console takes longer than most
 * answers do.
 */
export function firstAnswers<Answer extends Reply>(ask: (path: string) => Promise<Answer>): FirstAnswers<Answer> {
  const begun = new Map<string, Promise<Answer>>();
  const start = (path: string): Promise<Answer> => {
    const answer = ask(path);
    // Whoever takes it hears of the failure.
    answer.catch(() => undefined);
    begun.set(path, answer);
    return answer;
  };
  /** Page after page of a list, until whoever wants it has taken one and goes on by themselves. */
  const startAll = async (path: string): Promise<void> => {
    let next: string | null = path;
    while (next !== null && begun.size < mostBegun) {
      const at: string = next;
      const answer: Answer | null = await start(at).catch(() => null);
      const cursor: string | null = answer?.ok ? await cursorOf(answer) : null;
      next = cursor === null || !begun.has(at) ? null : pageAfter(path, cursor);
    }
  };
  return {
    begin: async (page) => {
      if (outside.includes(page)) return;
      const session = start(sessionPath);
      if (!isMapPage(page)) return;
      // Nobody waits for the session: who has none is refused three times instead of once. The cards come before the
      // edges, which are many, and without their ends nothing.
      const cards = startAll(workloadsPath);
      start(edgesPath);
      const isSignedIn = await session.then(
        ({ ok }) => ok,
        () => false,
      );
      if (isSignedIn) return cards;
      begun.delete(workloadsPath);
      begun.delete(edgesPath);
    },
    take: (path) => {
      const answer = begun.get(path) ?? null;
      begun.delete(path);
      return answer;
    },
    forget: () => begun.clear(),
  };
}

/** Answers kept for whoever takes them: 100 pages of workloads, which is what a list is read to. */
const mostBegun = 100;

async function cursorOf(answer: Reply): Promise<string | null> {
  // What cannot be read is complained about by whoever takes it.
  const page: unknown = await answer
    .clone()
    .json()
    .catch(() => null);
  const next = typeof page === 'object' && page !== null && 'next' in page ? page.next : null;
  return typeof next === 'string' ? next : null;
}

/** The address of the page that a cursor leads to. */
export function pageAfter(path: string, cursor: string): string {
  return `${path}${path.includes('?') ? '&' : '?'}cursor=${encodeURIComponent(cursor)}`;
}
