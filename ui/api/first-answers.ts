export const apiPrefix = '/api/v1';
export const sessionPath = '/session';
export const workloadsPath = '/workloads?limit=1000';

/** Answers by path below the prefix of the API. */
export type FirstAnswers<Answer> = {
  /** Whether somebody is signed in, and then what the map's first picture is made of. */
  readonly begin: (page: string) => Promise<void>;
  /** The answer under way, once; null: ask for yourself. */
  readonly take: (path: string) => Promise<Answer> | null;
  /** What was asked before something changed is no answer any more. */
  readonly forget: () => void;
};

/** Nobody is signed in there, and signing in changes the answer. */
const outside = ['/sign-in', '/setup'];
const withMap = ['/', '/map'];

/**
 * Answers that were asked for before there was anybody to ask: loading and starting the console takes longer than most
 * answers do.
 */
export function firstAnswers<Answer extends { readonly ok: boolean }>(
  ask: (path: string) => Promise<Answer>,
): FirstAnswers<Answer> {
  const begun = new Map<string, Promise<Answer>>();
  const start = (path: string): Promise<Answer> => {
    const answer = ask(path);
    // Whoever takes it hears of the failure.
    answer.catch(() => undefined);
    begun.set(path, answer);
    return answer;
  };
  return {
    begin: async (page) => {
      if (outside.includes(page)) return;
      const isSignedIn = await start(sessionPath).then(
        ({ ok }) => ok,
        () => false,
      );
      if (isSignedIn && withMap.includes(page)) start(workloadsPath);
    },
    take: (path) => {
      const answer = begun.get(path) ?? null;
      begun.delete(path);
      return answer;
    },
    forget: () => begun.clear(),
  };
}
