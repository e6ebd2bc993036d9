import { assignedLabels, layLabels } from '@bulkhead/model/assigned-labels.ts';
import type { LabelAssignment, PolicyContent } from '@bulkhead/model/policy-content.ts';
import type { Place, Problem } from '@bulkhead/model/problem.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import { type Actor, actorName, isAdministrator } from '../auth/permissions.ts';
import { type NotOwned, notOwned } from './not-owned.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';

type Asked = {
  readonly actor: Actor;
  readonly before: PolicyContent;
  readonly after: PolicyContent;
  /** The policies whose ownership must let it pass, each. */
  readonly ownership: readonly PolicyContent[];
};

type Parts = Pick<ApiParts, 'estate'>;

/** Refuses what is not the actor's to change (SPEC O6, O7), with the code `not-owner`. */
export function refuseNotOwned(parts: Parts, asked: Asked): void {
  for (const found of allNotOwned(parts, asked)) throw new Refused('not-owner', messageOf(found, asked.actor));
}

/** A reader of a preview looks at the first of them. */
const toldMost = 100;

/** What `refuseNotOwned` would refuse, as warnings: whoever looks at a change need not be the one who makes it. */
export function warnNotOwned(parts: Parts, asked: Asked): Problem[] {
  const warnings = new Map<string, Problem>();
  for (const found of allNotOwned(parts, asked)) {
    const message = messageOf(found, asked.actor);
    warnings.set(message, warning(message, placeOf(found)));
  }
  const all = [...warnings.values()];
  const rest = all.length - toldMost;
  if (rest <= 0) return all;
  const more = `Cannot change ${rest} more of these as "${actorName(asked.actor)}": they belong to others, their owners or an administrator are needed`;
  return [...all.slice(0, toldMost), warning(more, null)];
}

function* allNotOwned({ estate }: Parts, { actor, before, after, ownership }: Asked): Generator<NotOwned> {
  if (isAdministrator(actor)) return;
  const name = actor.kind === 'user' || actor.kind === 'token' ? actor.name : '';
  const assigned = new Map([before, after].map(({ labels }) => [labels, assignedLabels(labels)]));
  const labelsOf = (workload: string, labels: readonly LabelAssignment[]): Labels | null => {
    const known = estate.get(workload);
    return known === null ? null : layLabels(workload, known.labels, assigned.get(labels) ?? assignedLabels(labels));
  };
  for (const content of ownership) yield* notOwned({ before, after }, { name, ownership: content, labelsOf });
}

const warning = (message: string, place: Place | null): Problem => ({
  severity: 'warning',
  code: 'not-owner',
  message,
  place,
  hint: null,
});

function placeOf({ kind, what, path }: NotOwned): Place | null {
  const file = kind === 'file' ? what : path;
  return file === null ? null : { file, line: 1, column: 1 };
}

function messageOf({ kind, what, path, ownership, butAlso }: NotOwned, actor: Actor): string {
  const where = path === null ? '' : ` in "${path}"`;
  return `Cannot change ${kind} "${what}"${where} as "${actorName(actor)}": ${soOf(ownership, butAlso)}`;
}

function soOf(ownership: NotOwned['ownership'], butAlso: string | null): string {
  if (ownership === null) return "it is nobody's in particular, an administrator is needed";
  const so = `it belongs to ownership "${ownership.name}" with the scope "${ownership.scope.text}"`;
  if (butAlso !== null) return `${so} and ${butAlso}, an administrator is needed`;
  return `${so}, one of its owners ${ownership.owners.join(', ')} or an administrator is needed`;
}
