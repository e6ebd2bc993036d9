import { documentKinds } from '@bulkhead/model/parse.ts';
import { documentSchemas } from '@bulkhead/model/schema/document-schemas.ts';
import Type from 'typebox';
import { schemaAnswer, schemasAnswer } from '../answers/people.ts';
import { type Api, answers } from '../parts.ts';
import { apiPrefix } from '../prefix.ts';
import { notFound } from '../problem.ts';

const kindParams = Type.Object({ kind: Type.String({ maxLength: 64 }) });

/** JSON Schemas of what policy and estate files hold, for editors. */
export function schemaRoutes(app: Api): void {
  app.get('/schemas', { config: answers('view', schemasAnswer) }, async () => ({
    items: documentKinds.map((kind) => ({
      kind,
      about: documentSchemas[kind].description ?? '',
      path: `${apiPrefix}/schemas/${kind}`,
    })),
    next: null,
  }));

  app.get(
    '/schemas/:kind',
    { config: answers('view', schemaAnswer), schema: { params: kindParams } },
    async (request, reply) => {
      const kind = documentKinds.find((known) => known === request.params.kind);
      if (kind === undefined) throw notFound('a document kind', request.params.kind);
      return reply.type('application/schema+json').send(documentSchemas[kind]);
    },
  );
}
