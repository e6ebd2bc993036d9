/**
 * Label keys and values as Kubernetes allows them: a key is an optional DNS subdomain and a slash, then a name of at
 * most 63 characters; a value is empty or such a name. The answer says what is wrong, null when nothing is.
 *
 * A key may stand in a key space, `namespace:team`: what is said of a workload by way of something else, and never
 * mistaken for what is said of itself. Kubernetes has no colon in keys.
 */
export const builtInLabelKeys = ['role', 'app', 'env', 'loc'] as const;

/** Labels of the namespace and of the node that a workload is in, where the cluster puts it, and its named ports. */
export const keySpaces = ['kubernetes', 'namespace', 'node', 'port'] as const;

const namePattern = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?$/;
const domainPattern = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;

export function wrongLabelKey(text: string): string | null {
  const colon = text.indexOf(':');
  const space = colon < 0 ? null : text.slice(0, colon);
  if (space !== null && !keySpaces.some((known) => known === space))
    return `there is no key space "${space.slice(0, 40)}", only ${keySpaces.join(', ')}`;
  const key = text.slice(colon + 1);
  const slash = key.indexOf('/');
  const name = slash < 0 ? key : key.slice(slash + 1);
  if (slash >= 0 && (slash === 0 || slash > 253 || !domainPattern.test(key.slice(0, slash))))
    return 'what stands before its slash is not a lower-case domain name of at most 253 characters';
  return wrongName(name);
}

/** As `wrongLabelKey`, of a label that somebody gives: the ports of a workload are said by its ports alone. */
export function wrongGivenKey(key: string): string | null {
  return key.startsWith('port:') ? 'labels of that key space come from named ports' : wrongLabelKey(key);
}

export function wrongLabelValue(value: string): string | null {
  return value === '' ? null : wrongName(value);
}

/** LabelGroups are named like values, so that a selector can name them. */
export const wrongGroupName = wrongName;

function wrongName(name: string): string | null {
  if (name === '') return 'it is empty';
  if (name.length > 63) return `it has ${name.length} characters`;
  if (!namePattern.test(name)) return 'it has characters that labels do not have there';
  return null;
}

export const labelNameNeeded =
  'at most 63 letters, digits, "-", "_" and "." that begin and end with a letter or digit are needed';
