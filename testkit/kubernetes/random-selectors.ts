import type { Random } from '../random.ts';
import type { LabelSelector, Requirement } from './objects.ts';

type Pool = Readonly<Record<string, readonly string[]>>;

const podPool: Pool = {
  app: ['web', 'api', 'db', 'ghost'],
  tier: ['front', 'back'],
  'example.com/part': ['x', 'y'],
  flag: ['', 'up'],
  team: ['red', 'blue'],
};
const namespacePool: Pool = {
  team: ['red', 'blue', 'none'],
  env: ['prod', 'dev'],
  'example.com/tier': ['gold', 'lead'],
  frozen: [''],
  'kubernetes.io/metadata.name': ['red', 'blue', 'green', 'default'],
};
const nodePool: Pool = { zone: ['a', 'b', 'c'], 'node-role.kubernetes.io/control-plane': [''] };

export const podSelector = (random: Random): LabelSelector => randomSelector(random, podPool);
/** Whom a policy is for: all of them more often, for a policy that is for nobody decides nothing. */
export const widePodSelector = (random: Random): LabelSelector => (random.chance(0.4) ? {} : podSelector(random));
export const wideNamespaceSelector = (random: Random): LabelSelector =>
  random.chance(0.4) ? {} : namespaceSelector(random);
export const namespaceSelector = (random: Random): LabelSelector => randomSelector(random, namespacePool);
export const nodeSelector = (random: Random): LabelSelector => randomSelector(random, nodePool);

function randomSelector(random: Random, pool: Pool): LabelSelector {
  const kind = random.below(10);
  if (kind < 2)
    return random.pick<LabelSelector>([{}, {}, { matchLabels: {} }, { matchExpressions: [] }, { matchLabels: null }]);
  const keys = random.some(Object.keys(pool), 1, random.chance(0.2) ? 2 : 1);
  if (kind < 6) return { matchLabels: pairs(random, pool, keys) };
  if (kind < 9) return { matchExpressions: keys.map((key) => requirement(random, pool, key)) };
  const [other = ''] = random.some(Object.keys(pool), 1, 1);
  return { matchLabels: pairs(random, pool, keys), matchExpressions: [requirement(random, pool, other)] };
}

const pairs = (random: Random, pool: Pool, keys: readonly string[]): Record<string, string> =>
  Object.fromEntries(keys.map((key) => [key, random.pick(pool[key] ?? [])]));

function requirement(random: Random, pool: Pool, key: string): Requirement {
  const operator = random.pick(['In', 'NotIn', 'NotIn', 'Exists', 'DoesNotExist'] as const);
  if (operator === 'In' || operator === 'NotIn') return { key, operator, values: random.some(pool[key] ?? [], 1, 2) };
  return random.chance(0.3) ? { key, operator, values: [] } : { key, operator };
}

/** Blocks and the blocks inside them that may be taken out. */
const blocks: Pool = {
  '0.0.0.0/0': ['10.0.0.0/8', '203.0.113.0/24', '10.1.0.0/16'],
  '10.0.0.0/8': ['10.1.0.0/24', '10.1.1.0/24', '10.0.0.0/24'],
  '10.1.0.0/16': ['10.1.0.0/24', '10.1.1.0/28', '10.1.2.12/32'],
  '10.1.1.0/24': ['10.1.1.8/29', '10.1.1.16/28'],
  '10.0.0.0/24': ['10.0.0.2/32'],
  '10.1.0.12/32': [],
  '203.0.113.0/24': ['203.0.113.128/25'],
  '::/0': ['fd00::/8', 'fd00:1::/32', '2001:db8::/32'],
  'fd00:1::/32': ['fd00:1:0::/48', 'fd00:1:1::/48'],
  'fd00:1:1::/48': ['fd00:1:1::10/124'],
  '2001:db8::/32': ['2001:db8:1::/48'],
};
const blockTexts = Object.keys(blocks);

export const randomBlock = (random: Random): string => random.pick(blockTexts);

export function randomIpBlock(random: Random): { cidr: string; except?: string[] | null } {
  const cidr = randomBlock(random);
  const inside = blocks[cidr] ?? [];
  if (inside.length > 0 && random.chance(0.5)) return { cidr, except: random.some(inside, 1, 2) };
  return random.pick([{ cidr }, { cidr }, { cidr, except: [] }, { cidr, except: null }]);
}
