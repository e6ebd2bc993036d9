import { enforcesForGuests, guestLimit } from '@bulkhead/wire/messages.ts';
import type { WorkloadRecord } from '../store/workloads.ts';
import type { ApiParts } from './parts.ts';

/**
 * Why nothing enforces for a guest although it should; null: something does, or its host has not come yet. One sentence
 * for people, without the name of the guest.
 */
export function whyNotEnforced({ estate, hosts }: Pick<ApiParts, 'estate' | 'hosts'>, guest: WorkloadRecord) {
  const { name, host } = guest;
  if (host === null) return null;
  const record = estate.get(host);
  const cannot = `Cannot enforce for "${name}"`;
  if (record === null) return `${cannot}: its host "${host}" is not in the estate, enrol it or name another`;
  if (!record.managed) return `${cannot}: no agent runs on its host "${host}", enrol it or name another`;
  const { capabilities } = hosts.status(host);
  if (capabilities !== null && !enforcesForGuests(capabilities))
    return `${cannot}: the agent of "${host}" does not cover forwarded traffic, a newer one is needed`;
  if (estate.guestsOf(host).indexOf(name) >= guestLimit)
    return `${cannot}: "${host}" has more than ${guestLimit} guests, move some to other hosts`;
  return null;
}
