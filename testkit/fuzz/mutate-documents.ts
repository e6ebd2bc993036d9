import type { Random } from '../random.ts';
import type { Written } from '../written.ts';

/** Documents of which it is certain that something is wrong with them, and the codes that may say so. */
export type Broken = { readonly text: string; readonly codes: readonly string[] };

/** A change that breaks sound documents for certain; null where these documents have nothing that it could break. */
export type Breaker = (random: Random, documents: readonly Written[]) => Broken | null;

type Spot = {
  readonly holder: Record<string, unknown> | unknown[];
  readonly key: string | number;
  readonly value: unknown;
  /** Names of the maps and lists that it stands in, from the kind of the document on. */
  readonly path: readonly string[];
};

const yamlOf = (documents: readonly unknown[]): string => documents.map((one) => JSON.stringify(one)).join('\n---\n');
const copyOf = (documents: readonly Written[]): Record<string, unknown>[] => JSON.parse(JSON.stringify(documents));

/** Maps whose keys are the author's. */
const isFree = ({ path }: Spot): boolean =>
  path.at(-1) === 'labels' || (path.at(-1) === 'ports' && path[0] !== 'Service');
const isKeyed = (spot: Spot): boolean => typeof spot.key === 'string' && !isFree(spot);

function spotsOf(documents: readonly Record<string, unknown>[]): Spot[] {
  return documents.flatMap((document) => spotsIn(document, [String(document.kind)]));
}

function spotsIn(holder: Spot['holder'], path: readonly string[]): Spot[] {
  return Object.entries(holder).flatMap(([name, value]) => {
    const key = Array.isArray(holder) ? Number(name) : name;
    const inside = typeof key === 'string' ? [...path, key] : path;
    const spot = { holder, key, value, path };
    return typeof value === 'object' && value !== null ? [spot, ...spotsIn(value as Spot['holder'], inside)] : [spot];
  });
}

const set = ({ holder, key }: Spot, value: unknown): void => void Object.assign(holder, { [key]: value });

function remove({ holder, key }: Spot): void {
  if (!Array.isArray(holder)) delete holder[String(key)];
}

/** A breaker that changes one of the spots that `which` takes. */
function breakSpot(
  codes: readonly string[],
  which: (spot: Spot) => boolean,
  how: (spot: Spot, random: Random) => void,
): Breaker {
  return (random, documents) => {
    const copy = copyOf(documents);
    const spots = spotsOf(copy).filter(which);
    if (spots.length === 0) return null;
    how(random.pick(spots), random);
    return { text: yamlOf(copy), codes };
  };
}

const inRule = ({ path }: Spot): boolean => path[0] === 'Ruleset' && path[1] === 'rules';
const isVerdict = ({ key }: Spot): boolean => key === 'allow' || key === 'deny' || key === 'pass';
const isText = ({ value }: Spot): boolean => typeof value === 'string';
const lastIs = (spot: Spot, ...names: readonly string[]): boolean =>
  names.includes(typeof spot.key === 'string' ? spot.key : (spot.path.at(-1) ?? ''));

/** References and where they stand; `name` of an end is a domain, and of a document its own. */
const references: Readonly<Record<string, string>> = {
  ipList: 'unknown-ip-list',
  virtualService: 'unknown-virtual-service',
  group: 'unknown-user-group',
  tier: 'unknown-tier',
};

const needed: Readonly<Record<string, readonly string[]>> = {
  Workload: ['name'],
  Logon: ['user', 'address'],
  Ruleset: ['name', 'rules'],
  Service: ['name', 'ports'],
  LabelGroup: ['name', 'key'],
  UserGroup: ['name', 'members'],
  VirtualService: ['name', 'frontends', 'members'],
  LabelSource: ['name', 'source', 'keys', 'apply'],
  Ownership: ['name', 'directory', 'scope', 'owners'],
  Invariant: ['name', 'never'],
  LabelKey: ['name'],
  Mode: ['selector'],
  Tiers: ['order'],
  Test: ['name'],
  Lifeline: ['name'],
  Dependency: ['name', 'of', 'to'],
};
const isNeeded = ({ holder, key, path }: Spot): boolean =>
  (path.length === 1 && needed[path[0] ?? '']?.includes(String(key)) === true) ||
  (path.length === 2 && path[1] === 'rules' && 'to' in holder && ['name', 'from', 'to'].includes(String(key)));

/** `codes` of what a broken reference leads to as well are not there: names of broken documents count as known. */
export const breakers: Readonly<Record<string, Breaker>> = {
  'unknown reference': (random, documents) => {
    const copy = copyOf(documents);
    const isReference = ({ key, path }: Spot): boolean =>
      typeof key === 'string' &&
      Object.hasOwn(references, key) &&
      (key === 'tier' ? path.length === 1 : path[0] !== 'Tiers');
    const spots = spotsOf(copy).filter((spot) => isReference(spot) && isText(spot));
    if (spots.length === 0) return null;
    const spot = random.pick(spots);
    set(spot, `nobody-${random.below(1000)}`);
    return { text: yamlOf(copy), codes: [references[String(spot.key)] ?? ''] };
  },
  'unknown service': breakSpot(
    ['unknown-service'],
    (spot) => lastIs(spot, 'allow', 'deny', 'pass', 'services') && isText(spot) && spot.path[0] !== 'Test',
    (spot) => set(spot, 'nobody'),
  ),
  'unknown label group': breakSpot(
    ['unknown-label-group'],
    (spot) =>
      lastIs(spot, 'selector', 'scopes', 'from', 'to') &&
      isText(spot) &&
      !['Logon', 'Dependency'].includes(String(spot.path[0])),
    (spot) => set(spot, [spot.value, 'env in (@nobody,prod)'].filter((text) => text !== '').join(',')),
  ),
  'no verdict': breakSpot(['no-verdict'], (spot) => inRule(spot) && isVerdict(spot), remove),
  'two verdicts': breakSpot(
    ['many-verdicts'],
    (spot) => inRule(spot) && isVerdict(spot),
    ({ holder, key }) => Object.assign(holder, key === 'deny' ? { allow: 'all' } : { deny: 'all' }),
  ),
  'misspelt verdict': breakSpot(
    ['unknown-key'],
    (spot) => inRule(spot) && isVerdict(spot),
    (spot) => {
      set({ ...spot, key: `${spot.key}s` }, spot.value);
      remove(spot);
    },
  ),
  'unknown key': breakSpot(['unknown-key'], isKeyed, (spot, random) =>
    set({ ...spot, key: `no such key ${random.below(10)}` }, spot.value),
  ),
  'needed key': breakSpot(['missing-key', 'missing-kind', 'empty-end'], isNeeded, remove),
  'wrong type': breakSpot(
    ['wrong-type', 'bad-source', 'empty-list', 'nested-group', 'empty-end'],
    (spot) => spot.key !== 'kind' || spot.path.length > 1,
    (spot) => set(spot, [[[]]]),
  ),
  'a number for a text': breakSpot(
    ['wrong-type', 'bad-service', 'bad-source'],
    (spot) => isText(spot) && !(spot.key === 'kind' && spot.path.length === 1),
    (spot, random) => set(spot, random.below(100_000)),
  ),
  'unknown kind': breakSpot(
    ['unknown-kind'],
    ({ key, path }) => key === 'kind' && path.length === 1,
    (spot) => set(spot, `${spot.value}s`),
  ),
  'a port that is none': breakSpot(
    ['bad-service', 'reversed-ports'],
    (spot) => isText(spot) && /^(tcp|udp)\//.test(String(spot.value)),
    (spot, random) =>
      set(spot, random.pick(['tcp/65536', 'tcp/90-80', 'tcp/-1', 'tcp/x_y', 'tcp/1/2', '80/tcp', 'TCP/80'])),
  ),
  'an address that is none': breakSpot(
    ['bad-address', 'bad-prefix'],
    (spot) => isText(spot) && lastIs(spot, 'addresses', 'address', 'prefixes', 'prefix', 'dns', 'ssh', 'snat'),
    (spot, random) =>
      set(spot, random.pick(['10.0.0.300', '10.0.0.1/33', '10.0.0', 'fd00:::1', '010.0.0.1', 'localhost', ''])),
  ),
  'the same name twice': (random, documents) => {
    const named = documents.filter(({ name }) => name !== undefined);
    if (named.length === 0) return null;
    return { text: yamlOf([...documents, random.pick(named)]), codes: ['duplicate-name'] };
  },
  'the same rule twice': breakSpot(
    ['duplicate-rule'],
    ({ key, value, path }) => key === 'rules' && path[0] === 'Ruleset' && Array.isArray(value) && value.length > 0,
    ({ value }, random) => Array.isArray(value) && value.push(random.pick(value)),
  ),
  'the same key twice': (random, documents) => {
    const texts = documents.map((document) => JSON.stringify(document));
    const at = random.below(texts.length);
    texts[at] = (texts[at] ?? '').replace('{"kind":', `{"kind":"Lab","kind":`);
    return texts[at]?.startsWith('{"kind":"Lab","kind":')
      ? { text: texts.join('\n---\n'), codes: ['duplicate-key'] }
      : null;
  },
  'what is referred to is gone': (random, documents) => {
    const said = JSON.stringify(documents.filter(({ kind }) => kind === 'Ruleset'));
    const gone = documents.filter(
      ({ kind, name }) =>
        (kind === 'IpList' && said.includes(`"ipList":"${name}"`)) ||
        (kind === 'VirtualService' && said.includes(`"virtualService":"${name}"`)),
    );
    if (gone.length === 0) return null;
    const one = random.pick(gone);
    return {
      text: yamlOf(documents.filter((document) => document !== one)),
      codes: ['unknown-ip-list', 'unknown-virtual-service'],
    };
  },
};
