import type { Document, InvariantDocument } from '@bulkhead/model/documents.ts';
import { findAnomalies } from '@bulkhead/policy/anomalies.ts';
import { countCells } from '@bulkhead/policy/count.ts';
import { diff } from '@bulkhead/policy/diff.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { readInvariants } from '@bulkhead/policy/invariants.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { verify } from '@bulkhead/policy/verify.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { invariant, rule, ruleset } from '@bulkhead/testkit/documents.ts';
import { figure, type Measure, timed } from './subject.ts';

/** A part of the rules is written twice, so that there is something to find. */
const twins = 50;
const repeats = 3;
/** Beyond it an answer takes minutes, and nothing is promised. */
const mostWorkloads = 100_000;

/** Exact answers from worlds that are built; the first count works out what the others find again. */
export const measureExact: Measure = ({ documents: given, size }) => {
  if (size.workloads > mostWorkloads) return [];
  const documents = [...given, doubled()];
  const { estate } = buildEstate(documents);
  const over = (more: readonly Document[]): World => {
    const { policy, problems } = buildPolicy([...documents, ...more], estate, 0);
    if (policy === null) throw new Error(problems.map(({ message }) => message).join('\n'));
    return { estate, policy };
  };
  const world = over([]);
  const tenMore = over([tenRules()]);
  const stopped = over([ruleset('stop', [rule('all', 'deny all', ['', ''])], { tier: 'guardrail' })]);
  const invariants = thousandInvariants();
  const { policy: rules } = readInvariants([...documents, ...invariants], invariants, estate);
  if (rules === null) throw new Error('Cannot read the invariants of the bench');
  const answers: readonly (readonly [name: string, times: number, answer: () => unknown])[] = [
    ['exact count, nothing known', 1, () => countCells(world, 'intended')],
    ['exact count', repeats, () => countCells(world, 'intended')],
    ['difference of 10 rules', repeats * 5, () => diff(world, tenMore)],
    ['difference of a deny for all', repeats, () => diff(world, stopped)],
    ['all anomalies', repeats, () => findAnomalies(world, documents)],
    ['1,000 invariants', 1, () => verify(world, { documents: invariants, rules }, 'intended')],
  ];
  return answers.map(([name, times, answer]) =>
    figure(name, 'ms', ...Array.from({ length: times }, () => timed(answer).took)),
  );
};

const pair = ['role=web', 'role=api'] as const;
const doubled = (): Document => {
  const scopes = Array.from({ length: twins }, (_, app) => `app=app-${app},env=prod`);
  return ruleset('doubled', [rule('r0', 'allow tcp/5000', pair)], { scopes });
};

function tenRules(): Document {
  const rules = Array.from({ length: 10 }, (_, index) =>
    rule(`r${index}`, `allow tcp/${7000 + index}`, [`role=web,app=app-${index}`, `role=db,app=app-${index + 1}`]),
  );
  return ruleset('ten', rules);
}

const roles = ['web', 'api', 'db', 'cache', 'worker'];

/** A quarter each: between roles of an application, between environments, out of and into an application. */
function thousandInvariants(): InvariantDocument[] {
  return Array.from({ length: 1000 }, (_, index) => {
    const [name, app, role] = [`i${index}`, `app=app-${index}`, `role=${roles[index % 5]}`];
    switch (index % 4) {
      case 0:
        return invariant(name, role, `role=${roles[(index + 3) % 5]},${app}`);
      case 1:
        return invariant(name, 'env=dev', `${role},env=prod`, [`tcp/${1 + index}-${index + 3000}`]);
      case 2:
        return invariant(name, app, `app!=app-${index}`, ['tcp/5000-6000']);
      default:
        return invariant(name, `app!=app-${index}`, app, [`tcp/${5000 + (index % 20)}`]);
    }
  });
}
