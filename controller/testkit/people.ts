import assert from 'node:assert/strict';
import { httpsRequest } from './https-request.ts';
import type { TestController } from './test-controller.ts';

export const apiPort = ({ started }: TestController): number =>
  started.address.kind === 'tcp' ? started.address.port : assert.fail('the API listens on no port');

export const person = { name: 'ana', password: 'correct horse battery' };

/** The headers of somebody who used a link. */
async function join(controller: TestController, link: { readonly name: string; readonly token: string | undefined }) {
  const body = { ...person, ...link };
  const { status, headers } = await httpsRequest(apiPort(controller), { method: 'POST', path: '/api/v1/setup', body });
  assert.equal(status, 201);
  return { cookie: String(headers['set-cookie']).split(';')[0] ?? '' };
}

/** `ana`, the first administrator. */
export const administrator = (controller: TestController): Promise<{ readonly cookie: string }> =>
  join(controller, { name: person.name, token: controller.started.setupLink?.split('#')[1] });

/** Somebody with the role, invited by root. */
export async function invited(
  controller: TestController,
  someone: { readonly name: string; readonly role: string },
): Promise<{ readonly cookie: string }> {
  const { body } = await controller.api('POST', '/users', someone);
  return join(controller, { name: someone.name, token: /^\/setup#(.+)&name=/.exec(body.path)?.[1] });
}
