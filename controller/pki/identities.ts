/** Who a certificate speaks for, as the one URI in its subject alternative names (SPIFFE form). */
const root = 'spiffe://bulkhead';
export const controllerUri = `${root}/controller`;
export const workloadUri = (workload: string): string => `${root}/workload/${workload}`;

/**
 * What a workload may be called: safe unquoted in a URI, a file name, a label filter and a log line. Starting with a
 * letter or digit keeps `.` and `..` out.
 */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
export const isWorkloadName = (text: string): boolean => namePattern.test(text);

/**
 * The workload behind a certificate of our authority, from the text form of its alternative names; null when it is
 * not a workload's. The one name must be the whole text: a certificate that also says something else is not ours.
 */
export function workloadOfCertificate(subjectAltName: string | undefined): string | null {
  const prefix = `URI:${workloadUri('')}`;
  if (subjectAltName?.startsWith(prefix) !== true) return null;
  const name = subjectAltName.slice(prefix.length);
  return isWorkloadName(name) ? name : null;
}
