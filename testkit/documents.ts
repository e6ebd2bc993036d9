import type {
  End,
  EndPlace,
  Exception,
  InvariantDocument,
  IpListDocument,
  LifelineDocument,
  ModeDocument,
  Requirement,
  Rule,
  RulesetDocument,
  Selector,
  ServiceDocument,
  ServiceRef,
  TiersDocument,
  WorkloadDocument,
} from '@bulkhead/model/documents.ts';
import { parsePortName } from '@bulkhead/model/port-name.ts';
import type { Place } from '@bulkhead/model/problem.ts';
import { defaultNetwork, type Labels, type ModeName } from '@bulkhead/model/words.ts';
import { type Address, parseAddress } from '@bulkhead/net/address.ts';
import { type Prefix, parsePrefix } from '@bulkhead/net/prefix.ts';
import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';

/** Documents as short as they are thought of, without the parser: `ruleset('shop', [rule('a', 'allow tcp/80', ...)])`. */
export const place: Place = { file: 'test.yaml', line: 1, column: 1 };

type WorkloadMore = {
  readonly enforced?: boolean;
  readonly fallbackMode?: ModeName;
  readonly host?: string | null;
  /** `{http: ['tcp/8080']}` */
  readonly ports?: Readonly<Record<string, readonly string[]>>;
};

/** Labels as `role=web,app=shop`; addresses as `10.0.0.1` or `site-b/10.0.0.1`. */
export function workload(
  name: string,
  labels: string,
  addresses: readonly string[] = [],
  more: WorkloadMore = {},
): WorkloadDocument {
  const parsed = addresses.map((text) => {
    const [first = '', second] = text.split('/');
    return second === undefined
      ? { network: defaultNetwork, address: address(first) }
      : { network: first, address: address(second) };
  });
  const { enforced = true, fallbackMode = 'enforce', host = null } = more;
  const rest = { ports: portsOf(more.ports ?? {}), enforced, host, fallbackMode, place };
  return { kind: 'Workload', name, labels: labelsOf(labels), addresses: parsed, ...rest };
}

export const portsOf = (texts: Readonly<Record<string, readonly string[]>>): WorkloadDocument['ports'] =>
  Object.fromEntries(Object.entries(texts).map(([name, services]) => [name, services.map(serviceRange)]));

export function labelsOf(text: string): Labels {
  return Object.fromEntries(pieces(text).map((piece) => piece.split('=') as [string, string]));
}

/** `app=shop,env in (prod,stage),tier!=x,!quarantined,role`. */
export function selector(text: string): Selector {
  return { text, requirements: pieces(text).map(requirement) };
}

/** `any`, a prefix, `list:NAME`, or a selector, with `none:` before one that no scope narrows. */
export function end(text: string): End {
  return { ...endPlace(text), identity: null };
}

function endPlace(text: string): EndPlace {
  if (text === 'any') return { kind: 'any' };
  if (text.startsWith('name:')) return { kind: 'domain', name: text.slice(5), place };
  if (text.startsWith('list:')) return { kind: 'ipList', name: text.slice(5), place };
  if (text.startsWith('none:')) return { kind: 'selector', selector: selector(text.slice(5)), scoped: false };
  const prefix = parsePrefix(text);
  return prefix === null ? { kind: 'selector', selector: selector(text), scoped: true } : { kind: 'prefix', prefix };
}

type Ends = string | readonly string[];
export const ends = (texts: Ends): End[] => (typeof texts === 'string' ? [texts] : texts).map(end);

type More = Partial<Omit<Rule, 'name' | 'from' | 'to' | 'verdict' | 'services'>>;

/** `rule('web-to-api', 'allow tcp/8080 postgres', 'role=web', 'role=api')`: verdict, then services. */
export function rule(name: string, what: string, [from, to]: readonly [Ends, Ends], more: More = {}): Rule {
  const [verdict, ...services] = what.split(' ') as [Rule['verdict'], ...string[]];
  const defaults = {
    except: [],
    at: 'both',
    state: 'active',
    expires: null,
    reverify: null,
    acceptWider: false,
    owner: null,
    reason: null,
    place,
  } as const;
  return { ...defaults, name, verdict, services: services.map(serviceRef), from: ends(from), to: ends(to), ...more };
}

export function except(from: Ends | null, to: Ends | null, services: readonly string[] | null): Exception {
  return {
    from: from === null ? null : ends(from),
    to: to === null ? null : ends(to),
    services: services === null ? null : services.map(serviceRef),
  };
}

/** Services null: all. */
export function invariant(
  name: string,
  from: Ends,
  to: Ends,
  ...[services = null, exceptions = []]: [services?: readonly string[] | null, exceptions?: readonly Exception[]]
): InvariantDocument {
  const never = { from: ends(from), to: ends(to), services: services?.map(serviceRef) ?? null };
  return { kind: 'Invariant', name, never, except: exceptions, place };
}

type RulesetMore = {
  readonly tier?: string;
  readonly state?: Rule['state'];
  readonly scopes?: readonly string[];
  readonly each?: readonly string[];
};

export function ruleset(name: string, rules: readonly Rule[], more: RulesetMore = {}): RulesetDocument {
  const scopes =
    more.each === undefined
      ? ({ kind: 'list', selectors: (more.scopes ?? []).map(selector) } as const)
      : ({ kind: 'each', keys: more.each } as const);
  return {
    kind: 'Ruleset',
    name,
    tier: more.tier ?? 'application',
    state: more.state ?? 'active',
    scopes,
    rules,
    place,
  };
}

export function mode(text: string, inbound: ModeName | null, outbound: ModeName | null): ModeDocument {
  return { kind: 'Mode', selector: selector(text), inbound, outbound, place };
}

export function ipList(name: string, prefixes: readonly string[], without: readonly string[] = []): IpListDocument {
  return { kind: 'IpList', name, prefixes: prefixes.map(prefix), except: without.map(prefix), names: [], place };
}

export const service = (name: string, ranges: readonly string[]): ServiceDocument => ({
  ...{ kind: 'Service', name, process: null, application: null, place },
  ranges: ranges.map(serviceRange),
});

/** Groups as `name:tier,tier`. */
export function tiers(...order: readonly string[]): TiersDocument {
  const entries = order.map((text) => {
    const [name = '', members] = text.split(':');
    return members === undefined
      ? ({ kind: 'tier', name } as const)
      : ({ kind: 'group', name, tiers: members.split(',') } as const);
  });
  return { kind: 'Tiers', order: entries, place };
}

type LifelineText = { readonly [What in 'dns' | 'time' | 'ssh']?: readonly string[] } & {
  /** `10.0.0.1/32 tcp/8443`. */
  readonly controllers?: readonly string[];
};

export function lifeline(name: string, said: LifelineText): LifelineDocument {
  const prefixes = (texts: readonly string[] = []) => texts.map(prefix);
  const controllers = (said.controllers ?? []).map((text) => {
    const [where = '', what = ''] = text.split(' ');
    return { prefix: prefix(where), service: serviceRange(what) };
  });
  const { dns, time, ssh } = said;
  return { kind: 'Lifeline', name, controllers, dns: prefixes(dns), time: prefixes(time), ssh: prefixes(ssh), place };
}

export function address(text: string): Address {
  return required(parseAddress(text), text);
}

export const prefix = (text: string): Prefix => required(parsePrefix(text), text);
export const serviceRange = (text: string): ServiceRange => required(parseServiceRange(text), text);

/** A range, the name of a port, or of a Service. */
export function serviceRef(text: string): ServiceRef {
  const range = parseServiceRange(text);
  const portName = parsePortName(text);
  if (portName !== null) return { kind: 'portName', ...portName };
  return range === null ? { kind: 'service', name: text, place } : { kind: 'range', range, text };
}

/** The same in another order. */
export function shuffled<T>(list: readonly T[], random: () => number): T[] {
  return list
    .map((item) => ({ item, key: random() }))
    .sort((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function pieces(text: string): string[] {
  return text === '' ? [] : text.split(/,(?![^(]*\))/);
}

function requirement(text: string): Requirement {
  const set = /^(\S+) (in|notin) \((.*)\)$/.exec(text);
  if (set !== null) {
    return { key: set[1] ?? '', operator: set[2] === 'in' ? 'in' : 'notin', values: (set[3] ?? '').split(',') };
  }
  const unequal = text.split('!=');
  if (unequal.length === 2) return { key: unequal[0] ?? '', operator: 'notin', values: [unequal[1] ?? ''] };
  const equal = text.split('=');
  if (equal.length === 2) return { key: equal[0] ?? '', operator: 'in', values: [equal[1] ?? ''] };
  return text.startsWith('!')
    ? { key: text.slice(1), operator: 'absent', values: [] }
    : { key: text, operator: 'exists', values: [] };
}

function required<T>(value: T | null, text: string): T {
  if (value === null) throw new Error(`A test says "${text}", which is nothing`);
  return value;
}
