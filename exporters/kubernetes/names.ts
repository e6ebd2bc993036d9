import { portableSha256 } from '@bulkhead/model/sha256.ts';

const longest = 60;

/** A part of a name of Kubernetes, with a part of its hash where it does not say the text itself. */
export function slug(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, longest)
    .replace(/^-+|-+$/g, '');
  return plain === text ? plain : [plain, shortHash(text)].filter((part) => part !== '').join('-');
}

/** Six hexadecimal digits. */
export const shortHash = (text: string): string => hexOf(portableSha256(text)).slice(0, 6);

export const hexOf = (bytes: Uint8Array): string =>
  [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** `ruleset.rule`, from a rule id. */
export function nameOfRule(id: string): string {
  const slash = id.indexOf('/');
  return `${slug(id.slice(0, slash))}.${slug(id.slice(slash + 1))}`;
}
