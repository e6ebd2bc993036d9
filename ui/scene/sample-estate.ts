import type { DecisionState } from '@bulkhead/flows/decision-state.ts';
import { decisionState, decisionStates } from '@bulkhead/flows/decision-state.ts';
import type { Edge, EdgeEnd } from '@bulkhead/flows/edge.ts';
import { edgeKey } from '@bulkhead/flows/edge-text.ts';
import type { Labels } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import type { SceneInput, SceneView, SceneWorkload } from './scene.ts';

/** Estates for tests and for looking at the map: the same seed gives the same estate. */
export type Random = () => number;

/** Mulberry32: 32 bits of state, good enough for samples. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const sampleView: SceneView = {
  decision: 'intended',
  show: new Set(decisionStates),
  opened: new Set(),
  focus: null,
  search: '',
  now: 1000,
};

export function sampleWorkload(name: string, labels: Labels): SceneWorkload {
  return { name, labels, managed: true, mode: 'test' };
}

export function workloadEnd({ name, labels, managed }: SceneWorkload): EdgeEnd {
  return { kind: 'workload', name, labels, managed };
}

export function addressEnd(address: string): EdgeEnd {
  return { kind: 'address', network: 'main', address: address as Address, claimedBy: [] };
}

export type SampleEdge = {
  readonly from: EdgeEnd;
  readonly to: EdgeEnd;
  readonly port?: number;
  readonly attempts?: number;
  readonly state?: DecisionState;
};

export function sampleEdge({ from, to, port = 443, attempts = 10, state = 'allowed' }: SampleEdge): Edge {
  const denied = state === 'denied' ? attempts : state === 'mixed' ? Math.ceil(attempts / 2) : 0;
  const wouldBeDenied = state === 'would-be-denied' ? attempts : 0;
  const service = (6 << 16) | port;
  return {
    key: edgeKey(from, to, service),
    ...{ from, to, service, serviceText: `tcp/${port}`, attempts, denied, wouldBeDenied, records: attempts },
    state: decisionState({ attempts, denied, wouldBeDenied, judged: state !== 'unknown' }),
    latest: state,
    ...{ rules: [], server: null, first: 0, last: 1000, reporters: [], sequence: 1 },
  };
}

export type EstateShape = {
  readonly apps: number;
  readonly perApp: number;
  readonly edges: number;
  readonly seed?: number;
  /** Of 100 edges, those not allowed. */
  readonly denied?: number;
};

const environments = ['prod', 'prod', 'prod', 'staging', 'staging', 'dev', 'shared'];
const roles = ['web', 'api', 'db'];
const ports = [443, 8080, 5432, 22, 6379, 9092];
const nouns = ['billing', 'cart', 'ledger', 'search', 'identity', 'mail', 'orders', 'stock', 'pricing', 'reports'];

export function sampleEstate({ apps, perApp, edges, seed = 1, denied = 8 }: EstateShape): SceneInput {
  const random = seeded(seed);
  const workloads = Array.from({ length: apps * perApp }, (_, i) => {
    const app = Math.floor(i / perApp);
    const labels = {
      env: environments[app % environments.length] ?? 'prod',
      app: `${nouns[app % nouns.length] ?? 'app'}-${app}`,
      role: roles[i % roles.length] ?? 'web',
    };
    return sampleWorkload(`${labels.app}-${labels.role}-${i % perApp}`, labels);
  });
  return { workloads, edges: Array.from({ length: edges }, () => randomEdge(workloads, random, denied)) };
}

const states: readonly DecisionState[] = ['denied', 'would-be-denied', 'would-be-denied', 'mixed', 'unknown'];

function randomEdge(workloads: readonly SceneWorkload[], random: Random, denied: number): Edge {
  const pick = <Item>(list: readonly Item[]): Item | undefined => list[Math.floor(random() * list.length)];
  const first = Math.floor(random() * workloads.length);
  // Most traffic stays near: within an app or between a few of them.
  const near = workloads.slice(Math.max(0, first - 8), first + 8);
  const to = random() < 0.4 ? pick(near) : pick(workloads);
  const from = workloads[first];
  const isOutside = random() < 0.04 || from === undefined;
  const state = random() * 100 < denied ? (pick(states) ?? 'denied') : 'allowed';
  return sampleEdge({
    from: isOutside
      ? addressEnd(`203.0.${Math.floor(random() * 12)}.${Math.floor(random() * 250)}`)
      : workloadEnd(from),
    to: to === undefined ? addressEnd('198.51.100.7') : workloadEnd(to),
    port: pick(ports) ?? 443,
    attempts: 1 + Math.floor(random() * 500),
    state,
  });
}
