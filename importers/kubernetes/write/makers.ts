import type { ObjectHead, PodMakerObject, PodObject } from '../cluster.ts';

/**
 * Workload kinds that stand for pods that are not there (SPEC KW4, KW5). A Deployment makes ReplicaSets and a CronJob
 * makes Jobs: of such a line the first one stands for all, and a pod at its end stands for itself.
 */
export function standingMakers(
  makers: readonly PodMakerObject[],
  pods: readonly PodObject[],
): readonly PodMakerObject[] {
  const byKey = new Map(makers.map((maker) => [keyOf(maker.head), maker]));
  const present = new Set<string>();
  for (const pod of pods) for (const key of lineOf(pod.head, byKey)) present.add(key);
  return makers.filter(
    ({ head, running, shape }) =>
      running &&
      !shape.hostNetwork &&
      !present.has(keyOf(head)) &&
      ownersOf(head, byKey).every((key) => !byKey.has(key)),
  );
}

const keyOf = ({ kind, namespace, name }: Pick<ObjectHead, 'kind' | 'namespace' | 'name'>): string =>
  `${kind} ${namespace}/${name}`;

/** What made an object, what made that, and so on. */
function lineOf(head: ObjectHead, byKey: ReadonlyMap<string, PodMakerObject>): ReadonlySet<string> {
  const line = new Set(ownersOf(head, byKey));
  // A set grows while it is walked: a line that comes back to itself ends.
  for (const key of line) {
    const maker = byKey.get(key);
    if (maker !== undefined) for (const owner of ownersOf(maker.head, byKey)) line.add(owner);
  }
  return line;
}

/** Keys of the owners, and, for a link of the line that no file holds, of what its name says made it. */
function ownersOf(
  { namespace, owners, labels }: ObjectHead,
  byKey: ReadonlyMap<string, PodMakerObject>,
): readonly string[] {
  return owners.flatMap(({ kind, name }) => {
    const key = keyOf({ kind, namespace, name });
    if (byKey.has(key)) return [key];
    if (kind === 'ReplicaSet') return [key, keyOf({ kind: 'Deployment', namespace, name: withoutHash(name, labels) })];
    if (kind === 'Job') return [key, keyOf({ kind: 'CronJob', namespace, name: name.replace(/-\d+$/, '') })];
    return [key];
  });
}

/** A ReplicaSet of a Deployment is named after it and after the hash of its template, which its pods carry. */
function withoutHash(name: string, labels: Readonly<Record<string, string>>): string {
  const hash = labels['pod-template-hash'];
  return hash !== undefined && name.endsWith(`-${hash}`) ? name.slice(0, -hash.length - 1) : name;
}
