import type { Done } from '../back-end.ts';
import { addressIsIn, branchOnOriginalPort, inFlow, isOwn, isTranslated } from './flow-statements.ts';
import { apply, type DriverOptions, defaultDriverOptions, done } from './nft.ts';
import { branchOnPort, setMark } from './statements.ts';

/**
 * What rulesets ask of nft and its kernel beyond what every version has, each with the smallest table that needs it.
 * Every ruleset asks for all but the last, so a host that lacks one takes no new ruleset.
 */
export type Feature = { readonly name: string; readonly body: string };

const chain = (...rules: readonly string[]): string => `chain c {\n${rules.join('\n')}\n}`;
const nowhere = 'chain x { }\n';

export const features: readonly Feature[] = [
  {
    name: 'maps of networks',
    body: 'map m { typeof ip saddr : meta priority; flags interval; elements = { 192.0.2.0/24 : 0:1 }; }',
  },
  {
    name: 'port ranges with a protocol',
    body: `${nowhere}map m { typeof meta l4proto . th dport : verdict; flags interval; elements = { tcp . 1-2 : goto x }; }\n${chain(branchOnPort('dport', 'm').text)}`,
  },
  {
    name: 'comments on elements',
    body: 'map m { typeof ip saddr : meta priority; elements = { 192.0.2.1 comment "web" : 0:1 }; }',
  },
  { name: 'comments on counters', body: 'counter n { comment "web"; }' },
  { name: 'fib lookups', body: chain(`${isOwn('source').text} accept`) },
  {
    name: 'addresses before translation',
    body: `set s { type ipv4_addr; flags dynamic; size 10; }\n${chain(`${addressIsIn('ip', inFlow('original', 'destination'), 's').text} accept`)}`,
  },
  {
    name: 'ports before translation',
    body: `${nowhere}map m { typeof tcp dport : verdict; flags interval; }\n${chain(`meta l4proto tcp ${branchOnOriginalPort('m').text}`)}`,
  },
  { name: 'translated flows', body: chain(`${isTranslated('dnat').text} accept`) },
  { name: 'parts of the connection mark', body: chain(setMark(0xff, 1).text) },
  { name: 'log groups', body: chain('log prefix "x" group 4279') },
  { name: 'elements that time out', body: 'set s { type ipv4_addr; flags timeout; }' },
];

/**
 * Names of what nft or the kernel of this host refuses; empty when it has everything. Nothing is changed: nft only checks.
 * A failure: it takes none of it, so that it is not a matter of features.
 */
export async function nftablesFeatures(given: Partial<DriverOptions> = {}): Promise<Done<readonly string[]>> {
  const options = { ...defaultDriverOptions, ...given };
  const all = await check(features, options);
  if (all.kind === 'done') return done([]);
  if (all.code !== 'enforce-refused') return all;
  const missing: string[] = [];
  for (const feature of features) {
    const one = await check([feature], options);
    if (one.kind === 'failed') missing.push(feature.name);
  }
  return missing.length === features.length ? all : done(missing);
}

/** Each in a table of its own, because names in one would meet. */
function check(some: readonly Feature[], options: DriverOptions): Promise<Done<string>> {
  const tables = some.map(({ body }, number) => `table inet ${options.table}_check${number} {\n${body}\n}\n`);
  return apply(tables.join(''), options, ['-c']);
}
