import { adminTierStart, baselineTierStart } from '@bulkhead/model/cluster-names.ts';
import { nameByteLimit } from '@bulkhead/model/name-text.ts';
import { portableSha256 } from '@bulkhead/model/sha256.ts';
import { ruleIdLimit } from '@bulkhead/model/words.ts';
import { parseAddress } from '@bulkhead/net/address.ts';

/** Names of what an import writes (decision 0016). */
export const tiers = {
  adminGroup: 'kubernetes-admin',
  admin: (priority: number, position: number): string =>
    `${adminTierStart}${padded(priority, 4)}-${padded(position, 3)}`,
  ownNode: 'kubernetes-own-node',
  namespacedGroup: 'kubernetes-namespaced',
  networkPolicy: 'kubernetes-network-policy',
  isolation: 'kubernetes-isolation',
  baseline: (position: number): string => `${baselineTierStart}${padded(position, 3)}`,
  fallback: 'kubernetes-default',
} as const;

export const padded = (number: number, digits: number): string => String(number).padStart(digits, '0');

/** Bytes that the longest name of a rule may take in a rule id, the slash included. */
const ruleRoom = 28;
const hashDigits = 10;

/** SPEC KO2. All parts are ASCII: a character is a byte. */
export function rulesetName(...parts: readonly string[]): string {
  return cut(parts.join(':'), { most: ruleIdLimit - ruleRoom, mark: '~' });
}

export function listName(...parts: readonly string[]): string {
  return cut(parts.join(':'), { most: nameByteLimit, mark: '~' });
}

const workloadLimit = 253;
const labelLimit = 63;

/** SPEC KW11, KW13. `object`: the name of a node, or namespace and name of a pod, and what else tells it from others. */
export function workloadName(prefix: string | null, ...object: readonly string[]): string {
  const name = [...(prefix === null ? [] : [prefix]), ...object].join('/');
  // A workload is never named like an address, and a node may be.
  return parseAddress(name) === null ? cut(name, { most: workloadLimit, mark: '.' }) : `node-${name}`;
}

export const nodeValue = (name: string): string => cut(name, { most: labelLimit, mark: '.' });

function cut(name: string, { most, mark }: { readonly most: number; readonly mark: string }): string {
  if (name.length <= most) return name;
  const kept = name.slice(0, most - hashDigits - mark.length).replace(/[^A-Za-z0-9]+$/, '');
  return `${kept}${mark}${shortHash(name)}`;
}

export function shortHash(text: string): string {
  const hash = Array.from(portableSha256(text), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hash.slice(0, hashDigits);
}
