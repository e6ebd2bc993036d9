import type { VersionRecord } from '../store/versions.ts';
import type { ApiParts } from './parts.ts';

type Meaning = Pick<VersionRecord, 'files' | 'labels'>;

export function differenceBetween({ side }: ApiParts, before: Meaning, after: Meaning) {
  return { before: side(before).problems.length, after: side(after).problems.length };
}
