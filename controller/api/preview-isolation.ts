import { isIsolated } from '@bulkhead/policy/isolation.ts';
import { isolationOf } from '../provision/isolations.ts';
import { leaksInSteps } from '../provision/leaks.ts';
import type { NewIsolation } from '../store/isolations.ts';
import { isEnforced } from '../store/workloads.ts';
import { iso } from './host-view.ts';
import { paced } from './paced.ts';
import type { ApiParts } from './parts.ts';
import { Refused } from './problem.ts';
import { touchedEdges } from './touched-edges.ts';

/** A number that no isolation in the store has. */
const candidateId = 0;
const toldMost = 20;

/** What isolating would do, in numbers: who is closed, which of the edges of the last hour are cut, what goes on. */
export async function previewIsolation(parts: ApiParts, asked: NewIsolation, signal: AbortSignal) {
  const { currentSide, conductor, estate, hosts, live, clock, sideWith } = parts;
  const { policy, estate: built } = currentSide();
  if (policy === null) {
    const detail = `Cannot look ahead: version ${conductor.current.number} cannot be built any more`;
    throw new Refused('internal', detail);
  }
  const candidate = isolationOf({
    ...asked,
    id: candidateId,
    createdAt: 0,
    releasedAt: null,
    releasedBy: null,
    run: null,
  });
  const { policy: policyAfter, estate: estateAfter } = sideWith(candidate);
  if (policyAfter === null) throw new Refused('internal', 'Cannot look ahead: with the isolation there is no policy');
  const after = { policy: policyAfter, estate: estateAfter };
  const members = estate.documents().filter((workload) => isIsolated(candidate, workload));
  const names = new Set(members.map(({ name }) => name));
  const touched = await paced(touchedEdges(live, clock(), { before: { policy, estate: built }, after }), { signal });
  const cut = touched.items.filter(({ was, becomes }) => was.effective !== 'deny' && becomes.effective === 'deny');
  const leaks = leaksInSteps({ world: after, ids: [candidateId], unproven: new Set() });
  const others = estate.workloads().filter(({ name }) => !names.has(name));
  const managed = others.filter(isEnforced);
  return {
    workloads: members.map(({ name, enforced }) => {
      return { name, managed: enforced, connected: hosts.link(name) !== null };
    }),
    peers: {
      managed: managed.length,
      connected: managed.filter(({ name }) => hosts.link(name) !== null).length,
      unmanaged: others.length - managed.length,
    },
    edges: {
      cut: cut.length + touched.omitted,
      attempts: cut.reduce((sum, { attempts }) => sum + attempts, 0),
      items: cut.slice(0, toldMost).map(({ from, to, service, attempts, last }) => {
        return { from, to, service, attempts, last: iso(last) };
      }),
    },
    stays: await paced(leaks, { signal }),
  };
}
