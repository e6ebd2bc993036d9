import type { Document, End, Requirement, Rule, RulesetDocument, WorkloadDocument } from '@bulkhead/model/documents.ts';

/**
 * The semantics once more, as slowly and as literally as policy/SPEC.md says them, straight from the documents. It
 * imports nothing but document types: a mistake here and the same mistake in policy/ would have to be made twice.
 */
export type OracleEnd = { verdict: 'allow' | 'deny' | 'none'; rule: string | null; tier: string | null };
export type OracleSide = { network: string; address: string | null; workload: WorkloadDocument | null };
export type OracleQuestion = { from: OracleSide; to: OracleSide; service: number; direction: 'outbound' | 'inbound' };
type Candidate = {
  id: string;
  tier: string;
  verdict: string;
  from: boolean;
  to: boolean;
  serves: boolean;
  staged: boolean;
};

const nothing: OracleEnd = { verdict: 'none', rule: null, tier: null };
const fixed = ['lifeline', 'rescue', 'emergency'];

export function oracleEnd(
  documents: readonly Document[],
  now: number,
  q: OracleQuestion,
): Record<'effective' | 'intended', OracleEnd> {
  const host = q.direction === 'outbound' ? q.from.workload : q.to.workload;
  if (host === null || !host.enforced) return { effective: nothing, intended: nothing };
  const matching = [...lifeline(documents, q), ...rulesets(documents, now, q)].filter(
    (c) => c.from && c.to && c.serves,
  );
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
  const declared = documents.find((d) => d.kind === 'Tiers');
  const order = declared?.order.map((o) => (o.kind === 'tier' ? [o.name] : [...o.tiers]));
  const groups = [...fixed.map((name) => [name]), ...(order ?? [['guardrail'], ['application'], ['baseline']])];
  for (const group of groups) {
    for (const tier of group) {
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
  for (const set of documents) {
    if (set.kind !== 'Ruleset') continue;
    for (const scope of scopesOf(documents, set)) {
      for (const rule of set.rules) {
        if (set.state === 'disabled' || rule.state === 'disabled') continue;
        if (rule.expires !== null && now >= rule.expires) continue;
        if (rule.at === (q.direction === 'outbound' ? 'destination' : 'source')) continue;
        const staged = set.state === 'staged' || rule.state === 'staged';
        out.push({
          id: `${set.name}/${rule.name}`,
          tier: set.tier,
          verdict: rule.verdict,
          staged,
          ...match(documents, rule, scope, q),
        });
      }
    }
  }
  return out;
}

function match(documents: readonly Document[], rule: Rule, scope: readonly Requirement[], q: OracleQuestion) {
  const from = (list: readonly End[]) => list.some((end) => endMatches(documents, end, scope, q, 'from'));
  const to = (list: readonly End[]) => list.some((end) => endMatches(documents, end, scope, q, 'to'));
  const serves = (refs: Rule['services']): boolean =>
    refs.some((ref) => {
      const ranges =
        ref.kind === 'range'
          ? [ref.range]
          : documents.flatMap((d) => (d.kind === 'Service' && d.name === ref.name ? d.ranges : []));
      return ranges.some((range) => range.first <= q.service && q.service <= range.last);
    });
  const excepted = rule.except.some(
    (e) => (!e.from || from(e.from)) && (!e.to || to(e.to)) && (!e.services || serves(e.services)),
  );
  return { from: from(rule.from), to: to(rule.to), serves: serves(rule.services) && !excepted };
}

function scopesOf(documents: readonly Document[], set: RulesetDocument): Requirement[][] {
  if (set.scopes.kind === 'list')
    return set.scopes.selectors.length === 0 ? [[]] : set.scopes.selectors.map((s) => [...s.requirements]);
  const keys = set.scopes.keys;
  const having = documents
    .filter((d) => d.kind === 'Workload')
    .filter((w) => keys.every((key) => w.labels[key] !== undefined));
  return having.map((w) => keys.map((key) => ({ key, operator: 'in', values: [w.labels[key] as string] })));
}

function endMatches(
  documents: readonly Document[],
  end: End,
  scope: readonly Requirement[],
  q: OracleQuestion,
  which: 'from' | 'to',
): boolean {
  if (end.kind === 'any') return true;
  const { address } = q[which];
  if (end.kind === 'prefix') return inside(address, [end.prefix]);
  if (end.kind === 'ipList') {
    const lists = documents.filter((d) => d.kind === 'IpList').filter((d) => d.name === end.name);
    return lists.some((list) => inside(address, list.prefixes) && !inside(address, list.except));
  }
  if (end.kind !== 'selector') return false;
  const labels = labelsSeen(documents, q, which);
  return labels !== null && [...end.selector.requirements, ...(end.scoped ? scope : [])].every((r) => holds(r, labels));
}

function holds(r: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = labels[r.key];
  if (r.operator === 'exists') return value !== undefined;
  if (r.operator === 'absent') return value === undefined;
  const listed = value !== undefined && r.values.includes(value);
  return r.operator === 'in' ? listed : !listed;
}

/** E11 and D1, looked up afresh for every question. */
function labelsSeen(
  documents: readonly Document[],
  q: OracleQuestion,
  which: 'from' | 'to',
): Readonly<Record<string, string>> | null {
  const side = q[which];
  const workloads = documents.filter((d) => d.kind === 'Workload');
  const claimants = (network: string) =>
    workloads.filter((w) => w.addresses.some((a) => a.network === network && a.address === side.address));
  if (side.address === null) return side.workload?.labels ?? null;
  if (which === (q.direction === 'outbound' ? 'from' : 'to')) {
    const own = side.workload?.addresses.filter((a) => a.address === side.address) ?? [];
    return own.every((a) => claimants(a.network).length < 2) ? (side.workload?.labels ?? null) : null;
  }
  const host = q.direction === 'outbound' ? q.from.workload : q.to.workload;
  const homes = new Set(host?.addresses.map((a) => a.network));
  if (homes.size === 0) homes.add('main');
  const owners = new Set((homes.has(side.network) ? [...homes] : [side.network]).flatMap(claimants));
  return owners.size === 1 ? ([...owners][0]?.labels ?? null) : null;
}

function modeOf(documents: readonly Document[], host: WorkloadDocument, direction: 'inbound' | 'outbound'): string {
  const speaking = documents
    .filter((d) => d.kind === 'Mode')
    .filter((d) => d[direction] !== null && d.selector.requirements.every((r) => holds(r, host.labels)));
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
    from,
    to,
    serves,
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

/** Compares addresses as strings of binary digits. */
function inside(address: string | null, prefixes: readonly Prefixed[]): boolean {
  if (address === null) return false;
  const [family, digits] = address.includes(':') ? [6, digits6(address)] : [4, digits4(address)];
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
