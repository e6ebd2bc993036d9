import { assignedLabels, layLabels } from '@bulkhead/model/assigned-labels.ts';
import type { LabelAssignment, PolicyContent } from '@bulkhead/model/policy-content.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type Actor, actorName, isAdministrator } from '../auth/permissions.ts';
import { findNotOwned, type NotOwned } from './not-owned.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';

type Asked = {
  readonly actor: Actor;
  readonly before: PolicyContent;
  readonly after: PolicyContent;
  /** The policies whose ownership must let it pass, each. */
  readonly ownership: readonly PolicyContent[];
};

/** Refuses what is not the actor's to change (SPEC O6, O7), with the code `not-owner`. */
export function refuseNotOwned({ estate }: Pick<ApiParts, 'estate'>, { actor, before, after, ownership }: Asked): void {
  if (isAdministrator(actor)) return;
  const name = actor.kind === 'user' || actor.kind === 'token' ? actor.name : '';
  const assigned = new Map([before, after].map(({ labels }) => [labels, assignedLabels(labels)]));
  const labelsOf = (workload: string, labels: readonly LabelAssignment[]): Labels | null => {
    const known = estate.get(workload);
    return known === null ? null : layLabels(workload, known.labels, assigned.get(labels) ?? assignedLabels(labels));
  };
  for (const content of ownership) {
    const found = findNotOwned({ before, after }, { name, ownership: content, labelsOf });
    if (found !== null) throw notOwner(found, actor);
  }
}

function notOwner({ kind, what, path, ownership }: NotOwned, actor: Actor): Refused {
  const where = path === null ? '' : ` in "${path}"`;
  const so =
    ownership === null
      ? "it is nobody's in particular, an administrator is needed"
      : `it belongs to ownership "${ownership.name}" with the scope "${ownership.scope.text}", one of its owners ${ownership.owners.join(', ')} or an administrator is needed`;
  return new Refused('not-owner', `Cannot change ${kind} "${what}"${where} as "${actorName(actor)}": ${so}`);
}
