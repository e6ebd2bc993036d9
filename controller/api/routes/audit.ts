import Type from 'typebox';
import { auditAnswer, auditVerificationAnswer } from '../answers/people.ts';
import { iso } from '../host-view.ts';
import { pageByNumber, pageQuery } from '../page.ts';
import { type Api, type ApiParts, answers } from '../parts.ts';

export function auditRoutes(app: Api, { store }: ApiParts): void {
  app.get(
    '/audit',
    { config: answers('administer', auditAnswer), schema: { querystring: Type.Object(pageQuery) } },
    async (request) => {
      const page = await pageByNumber(request.query, store.audit.list, (entry) => entry.number);
      return { ...page, items: page.items.map(({ at, ...entry }) => ({ ...entry, at: iso(at) })) };
    },
  );

  app.get('/audit/verification', { config: answers('administer', auditVerificationAnswer) }, async () => {
    const broken = await store.audit.verify();
    return { intact: broken === null, firstBroken: broken };
  });
}
