import Type from 'typebox';
import { trialSeconds } from '../../provision/deliveries.ts';
import { isEnforced } from '../../store/workloads.ts';
import { hostAnswer, hostsAnswer } from '../answers/hosts.ts';
import { firstRules } from '../first-rules.ts';
import { hostView } from '../host-view.ts';
import { learnedNames } from '../learned-names.ts';
import { longPageQuery, pageByKey } from '../page.ts';
import { type Api, type ApiParts, answers } from '../parts.ts';
import { notFound } from '../problem.ts';
import { nameParams } from '../schemas.ts';

/** What holds first whatever people write, and what must go on being reached when less is allowed. */
function safety({ deliveries, dependencies }: ApiParts, name: string) {
  const content = deliveries.content(name);
  return {
    first: content === null ? [] : firstRules(content),
    trial: {
      seconds: trialSeconds,
      reach: dependencies(name).map(({ reach, ...end }) => ({
        ...end,
        reach: reach.map(({ address, port }) => `${address} tcp/${port}`),
      })),
    },
  };
}

export function hostRoutes(app: Api, parts: ApiParts): void {
  const { estate, hosts } = parts;
  app.get(
    '/hosts',
    { config: answers('view', hostsAnswer), schema: { querystring: Type.Object(longPageQuery) } },
    async (request) => {
      const enforced = estate.workloads().filter(isEnforced);
      const page = pageByKey(enforced, (workload) => workload.name, request.query);
      return { ...page, items: page.items.map((workload) => hostView(parts, workload)) };
    },
  );

  app.get('/hosts/:name', { config: answers('view', hostAnswer), schema: { params: nameParams } }, async (request) => {
    const workload = estate.get(request.params.name);
    if (workload === null || !isEnforced(workload)) throw notFound('host', request.params.name);
    const { names, ...inventory } = hosts.status(workload.name).inventory ?? {};
    return {
      ...hostView(parts, workload),
      ...safety(parts, workload.name),
      inventory: 'hostname' in inventory ? inventory : null,
      names: learnedNames({ book: estate.book, now: parts.clock() }, names),
    };
  });
}
