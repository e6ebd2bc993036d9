import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { parseSelector } from '@bulkhead/model/selector.ts';
import { parseAddress } from '@bulkhead/net/address.ts';
import { parsePrefix } from '@bulkhead/net/prefix.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { liesIn } from '@bulkhead/policy/language/lies-in.ts';
import { type Actor, actorName, isAdministrator } from '../auth/permissions.ts';
import type { IsolationOf, NewIsolation, StoredAccess } from '../store/isolations.ts';
import type { ApiParts } from './parts.ts';
import { notFound, Refused } from './problem.ts';

/** As it is asked for, before anything in it was looked at. */
export type IsolationAsked = {
  readonly workloads?: readonly string[];
  readonly selector?: string;
  readonly rescue?: readonly string[] | null;
  readonly allow?: readonly string[];
  readonly reason?: string;
  readonly expires?: string;
};

type Parts = Pick<ApiParts, 'estate' | 'hosts' | 'currentSide' | 'clock'>;

const longestLife = 366 * 24 * 3600 * 1000;

/** Refused: `invalid-request` where something in it means nothing, `not-found` for a workload that there is not. */
export function readIsolation(parts: Parts, asked: IsolationAsked, actor: Actor): NewIsolation {
  const of = readTarget(parts, asked);
  refuseForeign(parts, of, actor);
  return {
    of,
    rescue: readRescue(parts, asked.rescue ?? null),
    allow: (asked.allow ?? []).map((text) => readAccess(parts, text)),
    controllers: controllersOf(parts),
    reason: asked.reason ?? '',
    createdBy: actorName(actor),
    expiresAt: readExpiry(asked.expires, parts.clock()),
  };
}

function readTarget({ estate }: Parts, { workloads, selector }: IsolationAsked): IsolationOf {
  if ((workloads === undefined) === (selector === undefined)) {
    throw new Refused('invalid-request', 'Cannot isolate: workloads or a selector is needed, one of the two');
  }
  if (selector !== undefined) {
    const parsed = parseSelector(selector, null);
    if (parsed.kind === 'problem') throw new Refused('bad-filter', parsed.problem.message, [parsed.problem]);
    const { requirements } = parsed.selector;
    const isAny = estate.documents().some(({ labels }) => requirementsMatch(requirements, labels));
    if (isAny) return { selector };
    const detail = `Cannot isolate "${selector}": it selects no workload, one that selects some is needed`;
    throw new Refused('invalid-request', detail);
  }
  const names = [...new Set(workloads)].sort();
  for (const name of names) if (estate.get(name) === null) throw notFound('workload', name);
  return { names };
}

function readRescue({ currentSide }: Parts, names: readonly string[] | null): readonly string[] | null {
  if (names === null) return null;
  const { documents } = currentSide();
  const rulesets = documents.filter((document) => document.kind === 'Ruleset').filter(({ tier }) => tier === 'rescue');
  const known = new Set(rulesets.flatMap(({ name, rules }) => [name, ...rules.map((rule) => `${name}/${rule.name}`)]));
  const unknown = names.find((name) => !known.has(name));
  if (unknown === undefined) return [...new Set(names)].sort();
  const there = known.size === 0 ? 'there is none' : `there are ${[...known].sort().slice(0, 20).join(', ')}`;
  const detail = `Cannot keep rescue access "${unknown}": no rule or ruleset of tier rescue is called that, ${there}`;
  throw new Refused('invalid-request', detail);
}

/** `10.0.0.5 tcp/22`, `role=admin tcp/22,tcp/443`, `jump-1 tcp/22`: an address, a prefix, a workload or a selector. */
function readAccess({ estate }: Parts, text: string): StoredAccess {
  const cut = text.trim().lastIndexOf(' ');
  const [who, what] = [text.slice(0, cut).trim(), text.trim().slice(cut + 1)];
  const services = what.split(',');
  const wrong = services.find((service) => parseServiceRange(service) === null);
  const refuse = (so: string): never => {
    const needed = 'who and a service are needed, as in "10.0.0.5 tcp/22" or "role=admin tcp/22"';
    throw new Refused('invalid-request', `Cannot let in "${text}": ${so}, ${needed}`);
  };
  if (cut < 0 || who === '') return refuse('it does not say who');
  if (wrong !== undefined) return refuse(`"${wrong}" is no service`);
  const address = parseAddress(who);
  if (address !== null) return { text, services, from: { prefixes: [hostPrefix(address)] } };
  if (parsePrefix(who) !== null) return { text, services, from: { prefixes: [who] } };
  const workload = estate.get(who);
  if (workload !== null) {
    const prefixes = workload.addresses.map((place) => hostPrefix(place.address));
    return prefixes.length === 0 ? refuse('that workload has no address') : { text, services, from: { prefixes } };
  }
  const parsed = parseSelector(who, null);
  if (parsed.kind === 'problem') return refuse('who it is cannot be read');
  const { requirements } = parsed.selector;
  const isAny = estate.documents().some(({ labels }) => requirementsMatch(requirements, labels));
  return isAny ? { text, services, from: { selector: who } } : refuse('it selects no workload');
}

/** SPEC Q9. Where a relay is in between, the policy's lifeline has to say what it is. */
function controllersOf({ hosts }: Parts): string[] {
  const reached = hosts.connected().flatMap((name) => hosts.link(name)?.reachedAt ?? []);
  return [...new Set(reached.map(({ address, port }) => `${hostPrefix(address)} tcp/${port}`))].sort();
}

const hostPrefix = (address: string): string => `${address}/${address.includes(':') ? 128 : 32}`;

function readExpiry(text: string | undefined, now: number): number | null {
  if (text === undefined) return null;
  const at = Date.parse(text);
  if (at > now && at <= now + longestLife) return at;
  const detail = `Cannot end an isolation at "${text}": a time within the next year is needed`;
  throw new Refused('invalid-request', detail);
}

/** SPEC O8. */
export function refuseForeign({ estate, currentSide }: Parts, of: IsolationOf, actor: Actor): void {
  if (isAdministrator(actor)) return;
  const ownerships = currentSide().documents.filter((document) => document.kind === 'Ownership');
  if (ownerships.length === 0) return;
  const name = actor.kind === 'user' || actor.kind === 'token' ? actor.name : '';
  const scopes = ownerships.filter(({ owners }) => owners.includes(name)).map(({ scope }) => scope.requirements);
  const refuse = (what: string): never => {
    const so = `it is not in the scope of an ownership of "${actorName(actor)}"`;
    throw new Refused('not-owner', `Cannot isolate "${what}": ${so}, one of its owners or an administrator is needed`);
  };
  if ('selector' in of) {
    const parsed = parseSelector(of.selector, null);
    const isHis = parsed.kind === 'ok' && scopes.some((scope) => liesIn(parsed.selector.requirements, scope));
    if (!isHis) refuse(of.selector);
    return;
  }
  for (const workload of of.names) {
    const known = estate.get(workload);
    const isHis = known !== null && scopes.some((scope) => requirementsMatch(scope, estate.labels(known)));
    if (!isHis) refuse(workload);
  }
}
