import { checkAddresses } from './check-addresses.ts';
import { checkDependencies } from './check-dependencies.ts';
import { checkFrontends } from './check-frontends.ts';
import { checkHosts } from './check-hosts.ts';
import { checkLabelGroups } from './check-label-groups.ts';
import { checkLabels } from './check-labels.ts';
import { checkModes } from './check-modes.ts';
import { checkNames } from './check-names.ts';
import { checkTiers } from './check-tiers.ts';
import type { Document } from './documents.ts';
import type { BrokenDocument } from './parse.ts';
import type { Problem } from './problem.ts';

/**
 * What the documents of one estate and policy say about each other. Errors: `unknown-service`, `unknown-ip-list`,
 * `unknown-user-group`, `unknown-virtual-service`, `unknown-label-group`, `label-group-key`, `cyclic-group`,
 * `domain-elsewhere`, `duplicate-frontend`, `unknown-host`, `own-host`, `host-is-guest`, `host-without-enforcer`,
 * `unknown-tier`, `contradicting-tiers`, `too-many-tiers`, `mode-conflict`. Warnings, which change no result:
 * `undeclared-label-key`, `undeclared-label-value`, `duplicate-address`, `unknown-dependency`. Names of `broken` documents are taken for
 * known.
 */
export function resolveReferences(documents: readonly Document[], broken: readonly BrokenDocument[] = []): Problem[] {
  return [
    ...checkNames(documents, broken),
    ...checkLabelGroups(documents, broken),
    ...checkFrontends(documents),
    ...checkHosts(documents, broken),
    ...checkTiers(documents, broken),
    ...checkModes(documents),
    ...checkLabels(documents, broken),
    ...checkAddresses(documents),
    ...checkDependencies(documents, broken),
  ];
}
