import type {
  Document,
  End,
  Identity,
  Requirement,
  Rule,
  RulesetDocument,
  VirtualServiceDocument,
  WorkloadDocument,
} from '@bulkhead/model/documents.ts';
import { oracleTiers } from './oracle-tiers.ts';

/**
 * The semantics once more, as slowly and as literally as policy/SPEC.md says them, straight from the documents. It
 * imports nothing but document types and its own parts: a mistake here and the same mistake in policy/ would have to be made twice.
 */
export type OracleEnd = { verdict: 'allow' | 'deny' | 'none'; rule: string | null; tier: string | null };
export type OracleSide = {
  network: string;
  address: string | null;
  workload: WorkloadDocument | null;
  domain?: string;
  /** Domain names that the address is one of. */
  alsoNamed?: readonly string[];
};
export type OracleWho = { fromProcess?: string; toProcess?: string; user?: string };
export type OracleQuestion = {
  from: OracleSide;
  to: OracleSide;
  service: number;
  direction: 'outbound' | 'inbound';
  who?: OracleWho;
};
/** Who is really there: what an end does not know is tried out. Null: somebody whom no document names. */
type Case = { fromProcess: string | null; toProcess: string | null; user: string | null };
type Candidate = { id: string; tier: string; verdict: string; matches: boolean; staged: boolean };

const nobody: Case = { fromProcess: null, toProcess: null, user: null };
const nothing: OracleEnd = { verdict: 'none', rule: null, tier: null };
const fixed = ['lifeline', 'rescue', 'emergency'];

type OfKind<K> = Extract<Document, { readonly kind: K }>;
const kept = new WeakMap<readonly Document[], Map<string, Document[]>>();

/** The documents of one kind. Looked up once, for a test asks about one list of documents very often. */
function of<K extends Document['kind']>(documents: readonly Document[], kind: K): OfKind<K>[] {
  const kinds = kept.get(documents) ?? Map.groupBy(documents, (d) => d.kind as string);
  kept.set(documents, kinds);
  return (kinds.get(kind) ?? []) as OfKind<K>[];
}

export function oracleEnd(
  documents: readonly Document[],
  now: number,
  q: OracleQuestion,
): Record<'effective' | 'intended', OracleEnd> {
  const host = q.direction === 'outbound' ? q.from.workload : q.to.workload;
  if (host === null || !host.enforced) return { effective: nothing, intended: nothing };
  const matching = [...lifeline(documents, q), ...rulesets(documents, now, q)].filter((c) => c.matches);
  const intended = firstDecision(documents, matching) ?? { verdict: 'deny', rule: null, tier: null };
  let effective = firstDecision(
    documents,
    matching.filter((c) => !c.staged),
  );
  const mode = modeOf(documents, host, q.direction);
  if (effective === null) effective = { verdict: mode === 'enforce' ? 'deny' : 'allow', rule: null, tier: null };
  else if (
    effective.verdict === 'deny' &&
    !fixed.includes(effective.tier ?? '') &&
    (mode === 'observe' || mode === 'test')
  )
    effective = { verdict: 'allow', rule: null, tier: null };
  return { effective, intended };
}

function firstDecision(documents: readonly Document[], matching: readonly Candidate[]): OracleEnd | null {
  for (const { tiers } of oracleTiers(documents)) {
    for (const tier of tiers) {
      const here = matching.filter((c) => c.tier === tier);
      const best = ['deny', 'allow', 'pass']
        .map((v) => here.filter((c) => c.verdict === v))
        .find((list) => list.length > 0);
      if (best === undefined) continue;
      if (best[0]?.verdict === 'pass') break;
      const ids = best.map((c) => c.id).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
      return { verdict: best[0]?.verdict as 'allow' | 'deny', rule: ids[0] as string, tier };
    }
  }
  return null;
}

function rulesets(documents: readonly Document[], now: number, q: OracleQuestion): Candidate[] {
  const out: Candidate[] = [];
  let every: Case[] | null = null;
  const everyCase = () => {
    every ??= casesOf(documents, now, q);
    return every;
  };
  for (const set of of(documents, 'Ruleset')) {
    for (const scope of scopesOf(documents, set)) {
      for (const rule of set.rules) {
        if (set.state === 'disabled' || rule.state === 'disabled') continue;
        if (rule.expires !== null && now >= rule.expires) continue;
        if (rule.at === (q.direction === 'outbound' ? 'destination' : 'source')) continue;
        const staged = set.state === 'staged' || rule.state === 'staged';
        // U4
        // U8
        const cases = !asksWho(documents, rule) ? [nobody] : rule.acceptWider ? anyCase(documents) : everyCase();
        const inCase = (one: Case) => (said: Rule) => matches(documents, said, { scope, q, one });
        const isMatch =
          rule.verdict === 'allow'
            ? cases.some((one) => inCase(one)(rule))
            : alternativesOf(rule).some((alternative) => cases.every((one) => inCase(one)(alternative)));
        out.push({ id: `${set.name}/${rule.name}`, tier: set.tier, verdict: rule.verdict, staged, matches: isMatch });
      }
    }
  }
  return out;
}

const asking = new WeakMap<readonly Document[], Map<Rule, boolean>>();

/** A rule that asks for nobody is the same in every case. */
function asksWho(documents: readonly Document[], rule: Rule): boolean {
  const answers = asking.get(documents) ?? new Map<Rule, boolean>();
  asking.set(documents, answers);
  const known = answers.get(rule);
  if (known !== undefined) return known;
  const refs = [...rule.services, ...rule.except.flatMap((e) => e.services ?? [])];
  const served = refs.flatMap((ref) =>
    ref.kind === 'service' ? of(documents, 'Service').filter((d) => d.name === ref.name && d.process !== null) : [],
  );
  const asks = served.length > 0 || identitiesOf(rule).length > 0;
  answers.set(rule, asks);
  return asks;
}

const alternatives = new WeakMap<Rule, Rule[]>();

function alternativesOf(rule: Rule): Rule[] {
  const known = alternatives.get(rule);
  if (known !== undefined) return known;
  const all = rule.from.flatMap((from) =>
    rule.to.flatMap((to) => rule.services.map((service) => ({ ...rule, from: [from], to: [to], services: [service] }))),
  );
  alternatives.set(rule, all);
  return all;
}

const anyCases = new WeakMap<readonly Document[], Case[]>();

/** Whatever can be where nothing is known. */
function anyCase(documents: readonly Document[]): Case[] {
  const { processes, people } = namedIn(documents);
  const cases =
    anyCases.get(documents) ??
    processes.flatMap((fromProcess) =>
      processes.flatMap((toProcess) => people.map((user) => ({ fromProcess, toProcess, user }))),
    );
  anyCases.set(documents, cases);
  return cases;
}

/** U1 to U3: everything that can be, as far as the deciding end can tell. */
function casesOf(documents: readonly Document[], now: number, q: OracleQuestion): Case[] {
  const { processes, people } = namedIn(documents);
  const logged = of(documents, 'Logon')
    .filter((d) => d.network === q.from.network && d.address === q.from.address)
    .filter((d) => (d.from === null || d.from <= now) && (d.until === null || now < d.until));
  const out = q.direction === 'outbound';
  const fromProcesses = out ? [q.who?.fromProcess ?? null] : processes;
  const toProcesses = out ? processes : [q.who?.toProcess ?? null];
  const users = out ? [q.who?.user ?? null] : logged.length > 0 ? logged.map((d) => d.user) : people;
  return fromProcesses.flatMap((fromProcess) =>
    toProcesses.flatMap((toProcess) => users.map((user) => ({ fromProcess, toProcess, user }))),
  );
}

type Named = { processes: (string | null)[]; people: (string | null)[] };
const named = new WeakMap<readonly Document[], Named>();

/** Whom the documents name, and null for whom they do not. */
function namedIn(documents: readonly Document[]): Named {
  const known = named.get(documents);
  if (known !== undefined) return known;
  const identities = of(documents, 'Ruleset').flatMap((d) => d.rules.flatMap(identitiesOf));
  const processes = [...identities.map((i) => i.process), ...of(documents, 'Service').map((d) => d.process)];
  const users = identities.flatMap((i) => (i.user?.kind === 'user' ? [i.user.name] : []));
  const members = of(documents, 'UserGroup').flatMap((d) => d.members);
  const found = { processes: [...new Set([null, ...processes])], people: [...new Set([null, ...users, ...members])] };
  named.set(documents, found);
  return found;
}

function identitiesOf(rule: Rule): Identity[] {
  const ends = [...rule.from, ...rule.to, ...rule.except.flatMap((e) => [...(e.from ?? []), ...(e.to ?? [])])];
  return ends.flatMap((end) => end.identity ?? []);
}

type Trial = { scope: readonly Requirement[]; q: OracleQuestion; one: Case };

/** Whether the rule matches when things are like that. */
function matches(documents: readonly Document[], rule: Rule, trial: Trial): boolean {
  const { q } = trial;
  const from = (list: readonly End[]) => list.some((end) => endMatches(documents, end, trial, 'from'));
  const to = (list: readonly End[]) => list.some((end) => endMatches(documents, end, trial, 'to'));
  const serves = (refs: Rule['services']) =>
    servedPorts(documents, refs, trial.one).some((r) => inRange(r, q.service)) || servesName(documents, refs, q);
  const isExcepted = () =>
    rule.except.some((e) => (!e.from || from(e.from)) && (!e.to || to(e.to)) && (!e.services || serves(e.services)));
  const isAsked = rule.to.some((end) => {
    if (end.kind === 'virtualService') return virtualMatches(documents, rule, end, trial);
    if (end.kind === 'domain' && rule.verdict !== 'allow') return false;
    const named = rule.verdict === 'allow' && end.kind === 'ipList' && namesMatch(documents, end.name, q.to);
    const there = named ? isWho(documents, end, trial.one, 'to') : endMatches(documents, end, trial, 'to');
    return there && from(rule.from) && serves(rule.services);
  });
  return isAsked && !isExcepted();
}

const inRange = (range: { first: number; last: number }, service: number) =>
  range.first <= service && service <= range.last;

/** R9. */
function servedPorts(documents: readonly Document[], refs: Rule['services'], one: Case) {
  return refs.flatMap((ref) => {
    if (ref.kind === 'range') return [ref.range];
    if (ref.kind === 'portName') return [];
    const named = of(documents, 'Service').filter((d) => d.name === ref.name);
    return named.filter((d) => d.process === null || d.process === one.toProcess).flatMap((d) => d.ranges);
  });
}

/** R10. */
function servesName(documents: readonly Document[], refs: Rule['services'], q: OracleQuestion): boolean {
  const labels = q.to.domain === undefined ? labelsSeen(documents, q, 'to') : null;
  const protocol = protocols[Math.floor(q.service / 65536)];
  return refs.some((ref) => {
    if (ref.kind !== 'portName' || ref.protocol !== protocol || labels === null) return false;
    const [first, last = first] = labels[`port:${protocol}.${ref.name}`]?.split('-') ?? [];
    return first !== undefined && Number(first) <= q.service % 65536 && q.service % 65536 <= Number(last);
  });
}

/** V1, V2. */
function virtualMatches(documents: readonly Document[], rule: Rule, end: End, trial: Trial): boolean {
  const { q, one } = trial;
  const virtual = virtualNamed(documents, end);
  if (virtual === undefined || !isWho(documents, end, one, 'to')) return false;
  const fromMatches = rule.from.some((f) => endMatches(documents, f, trial, 'from'));
  const ports = servedPorts(documents, rule.services, one);
  const frontends = virtual.frontends.filter((f) => ports.some((range) => inRange(range, f.service)));
  if (q.direction === 'outbound')
    return fromMatches && frontends.some((f) => f.address === q.to.address && f.service === q.service);
  const labels = labelsSeen(documents, q, 'to');
  if (labels === null || !virtual.members.selector.requirements.every((r) => holds(documents, r, labels))) return false;
  const behind = frontends.map((f) => virtual.members.ports.find((p) => p.frontend === f.service)?.member ?? f.service);
  if (!behind.includes(q.service)) return false;
  if (virtual.snat === null) return fromMatches;
  // Who connects is not seen behind the load balancer, but its process and user are asked for all the same.
  const asked = rule.from.some((f) => isWho(documents, f, one, 'from'));
  return rule.verdict === 'allow' && asked && inside(q.from.address, virtual.snat);
}

function virtualNamed(documents: readonly Document[], end: End): VirtualServiceDocument | undefined {
  const name = end.kind === 'virtualService' ? end.name : '';
  return of(documents, 'VirtualService').find((d) => d.name === name);
}

function namesMatch(documents: readonly Document[], list: string, side: OracleSide): boolean {
  const lists = of(documents, 'IpList').filter((d) => d.name === list);
  return lists.some((d) => d.names.some((name) => coversSide(name, side)));
}

/** Y2, Y5. */
const coversSide = (pattern: string, { domain, alsoNamed = [] }: OracleSide): boolean =>
  [domain, ...alsoNamed].some((name) => covers(pattern, name));

function covers(pattern: string, domain: string | undefined): boolean {
  if (domain === undefined) return false;
  const [wanted, asked] = [pattern.split('.'), domain.split('.')];
  if (wanted[0] !== '*') return pattern === domain;
  const below = wanted.slice(1);
  return asked.length > below.length && asked.slice(-below.length).join('.') === below.join('.');
}

/** R8. */
function isWho(documents: readonly Document[], { identity }: End, one: Case, which: 'from' | 'to'): boolean {
  if (identity === null) return true;
  const { process, user } = identity;
  if (process !== null && process !== (which === 'from' ? one.fromProcess : one.toProcess)) return false;
  if (user === null) return true;
  if (user.kind === 'user') return one.user === user.name;
  const groups = of(documents, 'UserGroup').filter((d) => d.name === user.name);
  return one.user !== null && groups.some((d) => d.members.includes(one.user as string));
}

function scopesOf(documents: readonly Document[], set: RulesetDocument): Requirement[][] {
  if (set.scopes.kind === 'list')
    return set.scopes.selectors.length === 0 ? [[]] : set.scopes.selectors.map((s) => [...s.requirements]);
  const keys = set.scopes.keys;
  const all = of(documents, 'Workload').map((w) => ofWorkload(w) ?? {});
  const having = all.filter((labels) => keys.every((key) => labels[key] !== undefined));
  return having.map((labels) => keys.map((key) => ({ key, operator: 'in', values: [labels[key] as string] })));
}

function endMatches(documents: readonly Document[], end: End, { scope, q, one }: Trial, which: 'from' | 'to'): boolean {
  if (!isWho(documents, end, one, which)) return false;
  if (end.kind === 'any') return true;
  const { address, domain } = q[which];
  if (end.kind === 'domain') return coversSide(end.name, q[which]);
  if (end.kind === 'prefix') return inside(address, [end.prefix]);
  if (end.kind === 'ipList') {
    const lists = of(documents, 'IpList').filter((d) => d.name === end.name);
    return lists.some((list) => inside(address, list.prefixes) && !inside(address, list.except));
  }
  const labels = domain === undefined ? labelsSeen(documents, q, which) : null;
  if (end.kind === 'virtualService') {
    const virtual = virtualNamed(documents, end);
    const member = labels !== null && virtual?.members.selector.requirements.every((r) => holds(documents, r, labels));
    return member === true || (address !== null && virtual?.frontends.some((f) => f.address === address) === true);
  }
  const asked = [...end.selector.requirements, ...(end.scoped ? scope : [])];
  return labels !== null && asked.every((r) => holds(documents, r, labels));
}

function holds(documents: readonly Document[], r: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[r.key];
  if (r.operator === 'exists') return value !== undefined;
  if (r.operator === 'absent') return value === undefined;
  const listed = value !== undefined && r.values.some((said) => isValue(documents, said, value));
  return r.operator === 'in' ? listed : !listed;
}

/** S5. */
function isValue(documents: readonly Document[], said: string, value: string): boolean {
  if (!said.startsWith('@')) return said === value;
  const groups = of(documents, 'LabelGroup').filter((d) => `@${d.name}` === said);
  return groups.some((d) => d.values.includes(value) || d.groups.some((g) => isValue(documents, `@${g.name}`, value)));
}

type Labels = Readonly<Record<string, string>> | null;
const seen = new WeakMap<OracleQuestion, Partial<Record<'from' | 'to', Labels>>>();

/** Looked up afresh for every question, and once in it. */
function labelsSeen(documents: readonly Document[], q: OracleQuestion, which: 'from' | 'to'): Labels {
  const known = seen.get(q) ?? {};
  seen.set(q, known);
  if (known[which] === undefined) known[which] = lookUpLabels(documents, q, which);
  return known[which];
}

/** E11 and D1. */
function lookUpLabels(documents: readonly Document[], q: OracleQuestion, which: 'from' | 'to'): Labels {
  const side = q[which];
  const workloads = of(documents, 'Workload');
  const claimants = (network: string) =>
    workloads.filter((w) => w.addresses.some((a) => a.network === network && a.address === side.address));
  if (side.address === null) return ofWorkload(side.workload);
  if (which === (q.direction === 'outbound' ? 'from' : 'to')) {
    const own = side.workload?.addresses.filter((a) => a.address === side.address) ?? [];
    return own.every((a) => claimants(a.network).length < 2) ? ofWorkload(side.workload) : null;
  }
  const host = q.direction === 'outbound' ? q.from.workload : q.to.workload;
  const homes = new Set(host?.addresses.map((a) => a.network));
  if (homes.size === 0) homes.add('main');
  const owners = new Set((homes.has(side.network) ? [...homes] : [side.network]).flatMap(claimants));
  return owners.size === 1 ? ofWorkload([...owners][0] ?? null) : null;
}

const labelled = new WeakMap<WorkloadDocument, Labels>();

/** Its labels, and each of its named ports as one. */
function ofWorkload(w: WorkloadDocument | null): Labels {
  if (w === null) return null;
  const labels: Record<string, string> = { ...w.labels };
  for (const [name, ranges] of Object.entries(w.ports))
    for (const { first, last } of ranges) {
      const [from, to] = [first % 65536, last % 65536];
      labels[`port:${protocols[Math.floor(first / 65536)]}.${name}`] = from === to ? `${from}` : `${from}-${to}`;
    }
  const made = labelled.get(w) ?? labels;
  labelled.set(w, made);
  return made;
}

const protocols: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 132: 'sctp' };

function modeOf(documents: readonly Document[], host: WorkloadDocument, direction: 'inbound' | 'outbound'): string {
  const speaking = of(documents, 'Mode').filter(
    (d) => d[direction] !== null && d.selector.requirements.every((r) => holds(documents, r, ofWorkload(host) ?? {})),
  );
  const most = speaking.reduce((max, d) => Math.max(max, d.selector.requirements.length), -1);
  const modes = speaking.filter((d) => d.selector.requirements.length === most).map((d) => d[direction]);
  return ['enforce', 'selective', 'test', 'observe'].find((m) => modes.includes(m as never)) ?? host.fallbackMode;
}

function lifeline(documents: readonly Document[], q: OracleQuestion): Candidate[] {
  const [protocol, value] = [Math.floor(q.service / 65536), q.service % 65536];
  const out = q.direction === 'outbound';
  const allow = (id: string, from: boolean, to: boolean, serves: boolean): Candidate => ({
    id: `lifeline/${id}`,
    tier: 'lifeline',
    verdict: 'allow',
    staged: false,
    matches: from && to && serves,
  });
  const type = Math.floor(value / 256);
  const dhcp = out ? [67, 547] : [68, 546];
  const found = [
    allow('neighbour-discovery', true, true, protocol === 58 && ((type >= 130 && type <= 137) || type === 143)),
    allow('dhcp', true, true, protocol === 17 && dhcp.includes(value)),
  ];
  const known = (which: 'from' | 'to') => labelsSeen(documents, q, which) !== null;
  for (const d of documents) {
    if (d.kind !== 'Lifeline') continue;
    const reach = (what: string, prefixes: readonly Prefixed[], serves: boolean) =>
      found.push(allow(`${d.name}-${what}`, out || known('from'), inside(q.to.address, prefixes), serves));
    for (const c of d.controllers)
      reach('controller', [c.prefix], c.service.first <= q.service && q.service <= c.service.last);
    reach('dns', d.dns, (protocol === 17 || protocol === 6) && value === 53);
    reach('time', d.time, protocol === 17 && value === 123);
    found.push(
      allow(`${d.name}-ssh`, inside(q.from.address, d.ssh), !out || known('to'), protocol === 6 && value === 22),
    );
  }
  return found;
}

type Prefixed = { readonly family: number; readonly bits: bigint; readonly length: number };

const written = new Map<string, string>();

/** Compares addresses as strings of binary digits. */
function inside(address: string | null, prefixes: readonly Prefixed[]): boolean {
  if (address === null || prefixes.length === 0) return false;
  const digits = written.get(address) ?? (address.includes(':') ? digits6(address) : digits4(address));
  written.set(address, digits);
  const family = digits.length === 32 ? 4 : 6;
  return prefixes.some((prefix) => {
    if (prefix.family !== family) return false;
    const wanted = prefix.bits.toString(2).padStart(family === 4 ? 32 : 128, '0');
    return digits.slice(0, prefix.length) === wanted.slice(0, prefix.length);
  });
}

const binary = (value: number, width: number): string => value.toString(2).padStart(width, '0');
const digits4 = (text: string): string =>
  text
    .split('.')
    .map((part) => binary(Number(part), 8))
    .join('');

function digits6(text: string): string {
  const [head = '', tail = ''] = text.split('::');
  const [left, right] = [head.split(':').filter(Boolean), tail.split(':').filter(Boolean)];
  const zeros = text.includes('::') ? Array<string>(8 - left.length - right.length).fill('0') : [];
  return [...left, ...zeros, ...right].map((part) => binary(Number.parseInt(part, 16), 16)).join('');
}
