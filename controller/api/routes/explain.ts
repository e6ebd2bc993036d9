import { decide } from '@bulkhead/policy/decide.ts';
import { explain } from '@bulkhead/policy/explain.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import Type from 'typebox';
import { explainAnswer } from '../answers/policy.ts';
import { type Api, type ApiParts, answers } from '../parts.ts';
import { Refused } from '../problem.ts';

const end = Type.String({
  minLength: 1,
  maxLength: 512,
  description: 'A workload, `name@address`, an address, or as `to` a domain name',
});
const who = Type.Optional(Type.String({ minLength: 1, maxLength: 512 }));
const probe = Type.Object({
  ...{ from: end, to: end, service: Type.String({ minLength: 1, maxLength: 64 }) },
  ...{ fromProcess: who, toProcess: who, user: who },
});

export function explainRoutes(app: Api, { currentSide, conductor }: ApiParts): void {
  app.get('/explain', { config: answers('view', explainAnswer), schema: { querystring: probe } }, async (request) => {
    const { policy, estate } = currentSide();
    if (policy === null) throw new Refused('internal', 'Cannot explain: the current version cannot be built any more');
    const answer = decide(policy, estate, request.query);
    if (isProblem(answer)) throw new Refused('bad-filter', answer.message, [answer]);
    const pairs = explain(policy, estate, request.query);
    return { ...request.query, version: conductor.current.number, ...answer, pairs };
  });
}
