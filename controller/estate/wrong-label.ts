import { labelNameNeeded, wrongGivenKey, wrongLabelValue } from '@bulkhead/model/label-text.ts';

/**
 * What is wrong with a label that somebody gives, as a whole sentence; null when nothing is. A null value removes the
 * label. INVARIANT: nobody but a watched cluster gives labels of a key space.
 */
export function wrongLabel(key: string, value: string | null): string | null {
  const wrongKey = wrongGivenKey(key);
  if (wrongKey !== null) return `Cannot use label key "${key}": ${wrongKey}, ${labelNameNeeded}`;
  if (key.includes(':'))
    return `Cannot use label key "${key}": only a cluster that is watched says it of its workloads, a key without a colon is needed`;
  const wrongValue = value === null ? null : wrongLabelValue(value);
  return wrongValue === null ? null : `Cannot use label value "${value}": ${wrongValue}, ${labelNameNeeded}`;
}
