import { request } from 'node:http';

/** One request to the controller's root-only socket; the parsed body of a good answer, an exception otherwise. */
export function askController<T>(socketPath: string, method: string, path: string, body?: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const content = body === undefined ? null : JSON.stringify(body);
    const headers =
      content === null ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(content) };
    const asked = request({ socketPath, method, path: `/api/v1${path}`, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        const good = response.statusCode !== undefined && response.statusCode < 300;
        if (good) resolve((text === '' ? null : JSON.parse(text)) as T);
        else reject(new Error(`${method} ${path} was answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    asked.on('error', reject);
    asked.end(content ?? undefined);
  });
}
