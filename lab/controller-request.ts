import { request } from 'node:http';

export type Answer = { readonly status: number; readonly body: unknown };

const bodyLimit = 16_000_000;

/** One request to the controller's API over its local socket. Bodies are JSON. Rejects when nobody answers. */
export function controllerRequest(socketPath: string, method: string, path: string, body?: unknown): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request({ socketPath, method, path: `/api/v1${path}`, headers, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > bodyLimit) call.destroy(new Error('the answer is too long'));
      });
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: parsed(text) }));
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')));
    call.on('error', reject);
    call.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** The body of a request that must succeed; otherwise throws what the controller said. */
export async function controllerBody(socket: string, method: string, path: string, body?: unknown): Promise<unknown> {
  const answer = await controllerRequest(socket, method, path, body);
  if (answer.status < 300) return answer.body;
  const detail = JSON.stringify(answer.body);
  throw new Error(`Cannot ${method} ${path}: the controller answered ${answer.status} ${detail}`);
}

function parsed(text: string): unknown {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text;
  }
}
