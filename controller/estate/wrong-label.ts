import { labelNameNeeded, wrongGivenKey, wrongLabelValue } from '@bulkhead/model/label-text.ts';

/** What is wrong with a label, as a whole sentence; null when nothing is. A null value removes the label. */
export function wrongLabel(key: string, value: string | null): string | null {
  const wrongKey = wrongGivenKey(key);
  if (wrongKey !== null) return `Cannot use label key "${key}": ${wrongKey}, ${labelNameNeeded}`;
  const wrongValue = value === null ? null : wrongLabelValue(value);
  return wrongValue === null ? null : `Cannot use label value "${value}": ${wrongValue}, ${labelNameNeeded}`;
}
