import assert from 'node:assert/strict';
import type { Document } from '@bulkhead/model/documents.ts';
import { buildEstate, type Estate } from '@bulkhead/policy/estate.ts';
import { buildPolicy, type Policy } from '@bulkhead/policy/policy.ts';

/** Estate and policy of documents that a test takes for sound; fits wherever a world or an input to compile is wanted. */
export function worldOf(documents: readonly Document[], now = 0): { policy: Policy; estate: Estate; now: number } {
  const { estate } = buildEstate(documents);
  const { policy, problems } = buildPolicy(documents, estate, now);
  assert.ok(policy !== null, problems.map(({ message }) => message).join('\n'));
  return { policy, estate, now };
}
