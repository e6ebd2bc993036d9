/** A name of the DNS as hosts ask for it, or `*.` and one: every name below it. The answer says what is wrong, else null. */
export function wrongDomain(text: string): string | null {
  const name = text.startsWith('*.') ? text.slice(2) : text;
  if (name === '') return 'it is empty';
  if (name.includes('*')) return 'a "*" stands only in front, as a label of its own';
  if (text.length > 253) return `it has ${text.length} characters`;
  const labels = name.split('.');
  const long = labels.find((label) => label.length > 63);
  if (long !== undefined) return `its label "${long.slice(0, 20)}..." has ${long.length} characters`;
  if (labels.includes('')) return 'a label between its dots is empty';
  // Digits alone are an address that is missing something, and no top-level name is one.
  if (/^\d+$/.test(labels.at(-1) ?? '')) return 'its last label is a number';
  if (!labels.every((label) => labelPattern.test(label)))
    return 'it has characters that domain names do not have there';
  return null;
}

/** Underscores are in names of services such as `_ldap._tcp.corp.example`. */
const labelPattern = /^[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?$/;

/** Lower case and without the final dot of a complete name: one text per name. */
export const canonicalDomain = (text: string): string => text.toLowerCase().replace(/(?<=[^.])\.$/, '');

export const domainNeeded =
  'a domain name such as api.example.org, or *.example.org for every name below, with labels of at most 63 letters, digits, "-" and "_" is needed';

/** Whether `pattern`, a name or `*.` and one, says something of `name`: that name, or every name below (policy/SPEC.md Y2). */
export const domainCovers = (pattern: string, name: string): boolean =>
  pattern.startsWith('*.') ? name.endsWith(pattern.slice(1)) && name.length >= pattern.length : name === pattern;
