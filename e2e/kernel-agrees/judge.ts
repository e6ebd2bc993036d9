import type { Decision } from '@bulkhead/model/decision.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import type { Direction } from '@bulkhead/model/words.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { decideEnd } from '@bulkhead/policy/decide.ts';
import type { Estate, Workload } from '@bulkhead/policy/estate.ts';
import type { Policy } from '@bulkhead/policy/policy.ts';
import { unnamedSide } from '@bulkhead/testkit/random-probes.ts';

/** One end of a connection that some workload enforces. */
export type JudgedEnd = {
  readonly workload: Workload;
  readonly direction: Direction;
  readonly local: Address;
  readonly peer: Address;
  readonly service: number;
};
export type Judge = (end: JudgedEnd) => Decision;

/** What `decide` says about one end. */
export function judgeBy(given: {
  readonly documents: readonly Document[];
  readonly estate: Estate;
  readonly policy: Policy;
}): Judge {
  const { documents, estate, policy } = given;
  return ({ workload, direction, local, peer, service }) => {
    const known = workload.addresses.find((claimed) => claimed.address === local);
    const network = known?.network ?? workload.networks[0] ?? 'main';
    const near = { network, address: known?.address ?? null, workload };
    const other = unnamedSide(documents, network, peer);
    const far = { ...other, workload: other.workload && (estate.byName.get(other.workload.name) ?? null) };
    const [source, destination] = direction === 'outbound' ? [near, far] : [far, near];
    const { effective, intended } = decideEnd(policy, estate, { source, destination, service, direction });
    if (effective.verdict === 'none' || intended.verdict === 'none') throw new Error('A managed host has an enforcer');
    return { effective, intended };
  };
}
