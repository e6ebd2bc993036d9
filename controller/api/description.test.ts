import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testController } from '../testkit/test-controller.ts';
import { apiPrefix } from './prefix.ts';

type Operation = {
  readonly 'x-permission': string;
  readonly security: readonly object[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> };
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content: object }>>;
};

const operationsOf = (document: { readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> }) =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      title: `${method.toUpperCase()} ${path}`,
      path,
      operation,
    })),
  );

test('every route is described: parameters, body, permission, answers', async (context) => {
  const { api, started } = await testController(context);
  const { body: document } = await api('GET', '/openapi.json');
  assert.match(document.openapi, /^3\.1/);
  const operations = operationsOf(document);
  const permissions = new Map(
    started.routes.map(({ method, url, permission }) => [`${method} ${url.replace(/:(\w+)/g, '{$1}')}`, permission]),
  );
  assert.deepEqual(
    operations.map(({ title }) => title).sort(),
    [...permissions.keys()].filter((title) => !title.startsWith('HEAD') && title.includes(apiPrefix)).sort(),
  );
  for (const { title, path, operation } of operations) {
    const permission = permissions.get(title);
    assert.equal(operation['x-permission'], permission, title);
    assert.deepEqual(operation.security, permission === 'public' ? [] : [{ session: [] }, { token: [] }], title);
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    assert.deepEqual(inPath.map(({ name }) => `{${name}}`).sort(), (path.match(/\{\w+\}/g) ?? []).sort(), title);
    assert.ok(
      inPath.every(({ required }) => required === true),
      title,
    );
    assert.deepEqual(Object.keys(operation.responses).sort(), ['2XX', 'default'], title);
    assert.ok('application/problem+json' in (operation.responses.default?.content ?? {}), title);
  }
  assert.ok('session' in document.components.securitySchemes);
});

const bodies: readonly (readonly [string, readonly string[]])[] = [
  ['POST /api/v1/session', ['application/json']],
  ['PUT /api/v1/workloads/{name}', ['application/json']],
  ['POST /api/v1/workloads/import', ['text/csv']],
  ['PUT /api/v1/drafts/{name}/ip-lists/{list}', ['application/json', 'text/csv']],
  ['POST /api/v1/drafts/{name}/preview', []],
  ['GET /api/v1/status', []],
];

test('bodies are described by media type', async (context) => {
  const { api } = await testController(context);
  const operations = operationsOf((await api('GET', '/openapi.json')).body);
  for (const [wanted, types] of bodies) {
    const found = operations.find(({ title }) => title === wanted);
    assert.deepEqual(Object.keys(found?.operation.requestBody?.content ?? {}), types, wanted);
  }
});

test('outside of the API there are only pages to look at', async (context) => {
  const { started } = await testController(context);
  const pages = started.routes.filter(({ url }) => !url.startsWith(`${apiPrefix}/`));
  assert.ok(pages.length > 3);
  for (const { method, url } of pages) {
    assert.match(method, /^(GET|HEAD|HEAD,GET)$/, url);
    assert.match(url, /^\/(\*$|docs|favicon\.svg$|assets\/)/);
  }
});
