/**
 * Answers that were asked for before there was anybody to ask: loading and starting the console takes longer than most
 * answers do. Each is taken once; whoever comes later asks for themselves.
 */
const begun = new Map<string, Promise<Response>>();

const prefix = '/api/v1';
export const sessionPath = '/session';
export const workloadsPath = '/workloads?limit=1000';

/** Whether somebody is signed in, and then what the map's first picture is made of. */
export async function beginFirst(page: string): Promise<void> {
  const session = begin(sessionPath);
  if (page !== '/' && page !== '/map') return;
  const isSignedIn = await session.then(
    ({ ok }) => ok,
    () => false,
  );
  if (isSignedIn) begin(workloadsPath);
}

function begin(path: string): Promise<Response> {
  const answer = fetch(prefix + path, { credentials: 'same-origin', cache: 'no-store' });
  // Whoever takes it hears of the failure.
  answer.catch(() => undefined);
  begun.set(path, answer);
  return answer;
}

export function takeFirst(path: string): Promise<Response> | null {
  const answer = begun.get(path) ?? null;
  begun.delete(path);
  return answer;
}
