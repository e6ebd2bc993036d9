import { namesOf, unknownName } from './check-names.ts';
import type { Document } from './documents.ts';
import { problemOf } from './finding.ts';
import type { BrokenDocument } from './parse.ts';
import type { Problem } from './problem.ts';

/**
 * Workloads that a Dependency names and that are not there. A warning: no verdict rests on it, and a workload that left
 * the estate must not hold up a policy; but nobody tries the dependency out.
 */
export function checkDependencies(documents: readonly Document[], broken: readonly BrokenDocument[]): Problem[] {
  const workloads = namesOf('Workload', documents, broken);
  const dependencies = documents.filter((document) => document.kind === 'Dependency');
  return dependencies.flatMap(({ to }) =>
    to.flatMap(({ at, place }) => {
      if (at.kind === 'address' || workloads.has(at.name)) return [];
      const finding = unknownName({ kind: 'Workload', code: 'unknown-dependency', name: at.name }, workloads);
      return [problemOf({ ...finding, severity: 'warning', needed: 'the dependency is not tried out' }, place)];
    }),
  );
}
