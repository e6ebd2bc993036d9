import { Agent, request } from 'node:http';

/** A large import is one transaction, and hosts are compiled before the next request is looked at. */
const answerTimeout = 300_000;
const answerLimit = 64_000_000;

export type Asked = {
  readonly method: 'GET' | 'POST';
  /** Below /api/v1. */
  readonly path: string;
  readonly type?: 'application/json' | 'text/csv';
  readonly body?: string;
};

/** The controller's API over its control socket, on connections that are kept. */
export type ControllerApi = {
  /** The body of a request that must succeed; otherwise throws what the controller said. */
  readonly ask: (asked: Asked) => Promise<unknown>;
  readonly end: () => void;
};

export function openControllerApi(socketPath: string): ControllerApi {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return { ask: (asked) => ask(socketPath, agent, asked), end: () => agent.destroy() };
}

function ask(socketPath: string, agent: Agent, { method, path, type, body }: Asked): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const cannot = (why: string): void => reject(new Error(`Cannot ${method} ${path}: ${why}`));
    const headers = type === undefined ? {} : { 'content-type': type };
    const options = { socketPath, agent, method, path: `/api/v1${path}`, headers, timeout: answerTimeout };
    const call = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
        if (text.length > answerLimit) call.destroy(new Error('the answer is too long'));
      });
      response.on('error', (error) => cannot(error.message));
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        if (status < 300) resolve(text === '' ? null : JSON.parse(text));
        else cannot(`the controller answered ${status} ${refusalOf(text)}`);
      });
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${answerTimeout / 1000} s`)));
    call.on('error', (error) => cannot(`${error.message}, a running controller is needed at ${socketPath}`));
    call.end(body);
  });
}

/** The code and the sentence of a problem document. */
function refusalOf(text: string): string {
  try {
    const { code, detail } = JSON.parse(text) as { readonly code?: string; readonly detail?: string };
    return `${code ?? ''} ${detail ?? ''}`.trim();
  } catch {
    return text.slice(0, 200);
  }
}
