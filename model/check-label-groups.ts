import { namesOf, unknownName } from './check-names.ts';
import type { Document, LabelGroupDocument, Requirement } from './documents.ts';
import { type Finding, problemOf } from './finding.ts';
import type { BrokenDocument } from './parse.ts';
import type { Place, Problem } from './problem.ts';
import { selectorsOf } from './rule-parts.ts';
import { isGroupValue } from './selector.ts';

type Groups = {
  readonly known: ReadonlySet<string>;
  readonly sound: ReadonlyMap<string, LabelGroupDocument>;
};

/** One use of a group under a label key, by a selector or by another group. */
type Use = { readonly name: string; readonly key: string; readonly place: Place };

/** Groups that are not there, that stand under a key that is not theirs, and that come back to themselves. */
export function checkLabelGroups(documents: readonly Document[], broken: readonly BrokenDocument[]): Problem[] {
  const declared = documents.filter((document) => document.kind === 'LabelGroup');
  const groups: Groups = {
    known: namesOf('LabelGroup', documents, broken),
    sound: new Map(declared.map((group) => [group.name, group])),
  };
  const uses = [...documents.flatMap(usesInSelectors), ...declared.flatMap(usesInGroup)];
  return [...uses.flatMap((use) => checkUse(use, groups)), ...findCycles(groups.sound)];
}

function usesInSelectors(document: Document): Use[] {
  return selectorsOf(document).flatMap(({ selector, place }) =>
    selector.requirements.flatMap(({ key, values }: Requirement) =>
      values.filter(isGroupValue).map((value) => ({ name: value.slice(1), key, place })),
    ),
  );
}

const usesInGroup = ({ key, groups }: LabelGroupDocument): Use[] => groups.map((group) => ({ ...group, key }));

function checkUse({ name, key, place }: Use, { known, sound }: Groups): Problem[] {
  const group = sound.get(name);
  if (group === undefined) {
    if (known.has(name)) return [];
    return [problemOf(unknownName({ kind: 'LabelGroup', code: 'unknown-label-group', name }, known), place)];
  }
  return group.key === key ? [] : [problemOf(otherKey(group, key), place)];
}

/** One problem per cycle, at the reference that closes it. Without recursion: groups may stand in a long chain. */
function findCycles(groups: ReadonlyMap<string, LabelGroupDocument>): Problem[] {
  const problems: Problem[] = [];
  const done = new Set<string>();
  for (const start of groups.keys()) {
    const path: { readonly name: string; next: number }[] = done.has(start) ? [] : [{ name: start, next: 0 }];
    const onPath = new Set([start]);
    for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
      const reference = groups.get(step.name)?.groups[step.next++];
      if (reference === undefined) {
        onPath.delete(step.name);
        done.add(step.name);
        path.pop();
      } else if (onPath.has(reference.name)) {
        const names = path.map(({ name }) => name);
        const cycle = [...names.slice(names.indexOf(reference.name)), reference.name];
        problems.push(problemOf(cyclicGroup(cycle), reference.place));
      } else if (!done.has(reference.name)) {
        path.push({ name: reference.name, next: 0 });
        onPath.add(reference.name);
      }
    }
  }
  return problems;
}

function otherKey({ name, key }: LabelGroupDocument, used: string): Finding {
  return {
    code: 'label-group-key',
    cannot: `use the LabelGroup under "${used}"`,
    value: name,
    so: `its values are those of "${key}"`,
    needed: 'a group of the same key is needed',
  };
}

function cyclicGroup(path: readonly string[]): Finding {
  const so = `it comes back to itself: ${path.slice(0, 10).join(' -> ')}`;
  return { code: 'cyclic-group', cannot: 'read the LabelGroup', so, needed: 'groups without a circle are needed' };
}
