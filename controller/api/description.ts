import type { SwaggerTransform } from '@fastify/swagger';
import type { TSchema } from 'typebox';
import Type from 'typebox';
import { sessionCookie } from '../auth/sessions.ts';
import { apiPrefix } from './prefix.ts';
import { problemStatus } from './problem.ts';

/** The head of the OpenAPI document; paths are added from the schemas that also validate. */
export const openapiHead = {
  openapi: '3.1.0',
  info: { title: 'Bulkhead controller', version: '1', description: 'Errors are problem+json with a stable `code`.' },
  components: {
    securitySchemes: {
      session: { type: 'apiKey', in: 'cookie', name: sessionCookie },
      token: { type: 'http', scheme: 'bearer', description: 'What `POST /tokens` gave' },
    },
  },
} as const;

const place = Type.Object({ file: Type.String(), line: Type.Integer(), column: Type.Integer() });
const problem = Type.Object({
  type: Type.String(),
  title: Type.String(),
  status: Type.Integer(),
  code: Type.Union(Object.keys(problemStatus).map((code) => Type.Literal(code))),
  detail: Type.String(),
  problems: Type.Optional(
    Type.Array(Type.Object({ code: Type.String(), message: Type.String(), place: Type.Union([place, Type.Null()]) }), {
      description: 'Where text was refused: every problem with its place',
    }),
  ),
});

const responsesOf = (schema: TSchema | undefined) => ({
  '2xx': { description: 'What was asked for', content: { 'application/json': { schema: schema ?? {} } } },
  default: {
    description: 'What is wrong, with a stable `code`',
    content: { 'application/problem+json': { schema: problem } },
  },
});

/** Adds to the description of a route what its schema does not say: who may use it, and how it answers and fails. */
export const describeRoute: SwaggerTransform = ({ schema, url, route }) => {
  const { permission, takes, answers } = route.config ?? {};
  if (permission === undefined) return { schema, url };
  const described = {
    ...schema,
    ...(takes && { body: { content: mediaTypes(takes) } }),
    tags: [url.slice(apiPrefix.length + 1).split('/')[0] ?? ''],
    'x-permission': permission,
    security: permission === 'public' ? [] : [{ session: [] }, { token: [] }],
    response: responsesOf(answers),
  };
  return { schema: described as typeof schema, url };
};

const mediaTypes = (takes: Readonly<Record<string, TSchema>>) =>
  Object.fromEntries(Object.entries(takes).map(([type, schema]) => [type, { schema }]));
