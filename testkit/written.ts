import type {
  Document,
  End,
  EndPlace,
  Exception,
  InvariantDocument,
  LifelineDocument,
  LogonDocument,
  ModeDocument,
  Rule,
  RulesetDocument,
  ServiceDocument,
  ServiceRef,
  TiersDocument,
  VirtualServiceDocument,
  WorkloadDocument,
} from '@bulkhead/model/documents.ts';
import { formatDuration } from '@bulkhead/model/duration-text.ts';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { formatServicePoint, formatServiceRange } from '@bulkhead/net/service-space.ts';

/** A document as YAML and JSON have it. */
export type Written = Readonly<Record<string, unknown>>;

/** As a person would write it: what parsing it gives is the document again, but for places. */
export function asWritten(document: Document): Written {
  switch (document.kind) {
    case 'Workload':
      return writtenWorkload(document);
    case 'Logon':
      return writtenLogon(document);
    case 'Ruleset':
      return writtenRuleset(document);
    case 'Service':
      return writtenService(document);
    case 'IpList': {
      const { name, prefixes, except, names } = document;
      return {
        kind: 'IpList',
        name,
        prefixes: prefixes.map(formatPrefix),
        except: except.map(formatPrefix),
        ...some('names', names),
      };
    }
    case 'LabelGroup': {
      const { name, key, values, groups } = document;
      const inside = groups.map((group) => group.name);
      return { kind: 'LabelGroup', name, key, ...some('values', values), ...some('groups', inside) };
    }
    case 'LabelKey': {
      const { name, values, locked } = document;
      return { kind: 'LabelKey', name, locked, ...given('values', values) };
    }
    case 'VirtualService':
      return writtenVirtualService(document);
    case 'LabelSource': {
      const { place: _place, selector, ...rest } = document;
      return { ...rest, selector: selector.text };
    }
    case 'Ownership': {
      const { place: _place, scope, labels, ...rest } = document;
      return { ...rest, scope: scope.text, ...some('labels', labels) };
    }
    case 'Invariant':
      return writtenInvariant(document);
    case 'Mode':
      return writtenMode(document);
    case 'Tiers':
      return writtenTiers(document);
    case 'Test': {
      const { name, allow, deny } = document;
      return { kind: 'Test', name, allow: allow.map(({ text }) => text), deny: deny.map(({ text }) => text) };
    }
    case 'Lifeline':
      return writtenLifeline(document);
    case 'Dependency': {
      const { name, of, to } = document;
      const ends = to.map(({ at, port }) => `${at.kind === 'address' ? at.address : at.name} tcp/${port}`);
      return { kind: 'Dependency', name, of: of.text, to: ends };
    }
    case 'UserGroup':
      return { kind: 'UserGroup', name: document.name, members: document.members };
  }
}

const given = (key: string, value: unknown): Written => (value === null ? {} : { [key]: value });
const some = (key: string, list: readonly unknown[]): Written => (list.length === 0 ? {} : { [key]: list });
const moment = (key: string, time: number | null): Written =>
  time === null ? {} : { [key]: new Date(time).toISOString() };

function writtenWorkload({ name, labels, addresses, ports, enforced, host }: WorkloadDocument): Written {
  const named = Object.entries(ports).map(([port, ranges]) => [port, ranges.map(formatServiceRange)]);
  return {
    kind: 'Workload',
    name,
    labels,
    addresses,
    ...(named.length > 0 && { ports: Object.fromEntries(named) }),
    ...(!enforced && { enforcer: 'none' }),
    ...given('host', host),
  };
}

function writtenLogon({ user, network, address, from, until }: LogonDocument): Written {
  return { kind: 'Logon', user, network, address, ...moment('from', from), ...moment('until', until) };
}

function writtenRuleset({ name, tier, state, scopes, rules }: RulesetDocument): Written {
  const narrowed =
    scopes.kind === 'each'
      ? { each: scopes.keys }
      : some(
          'scopes',
          scopes.selectors.map(({ text }) => text),
        );
  return { kind: 'Ruleset', name, tier, state, ...narrowed, rules: rules.map(writtenRule) };
}

function writtenRule({ name, verdict, services, from, to, except, at, state, ...rest }: Rule): Written {
  const { expires, reverify, acceptWider, owner, reason } = rest;
  return {
    ...{ name, at, state },
    [verdict]: services.map(writtenServiceRef),
    from: from.map(writtenEnd),
    to: to.map(writtenEnd),
    except: except.map(writtenException).filter((one) => Object.keys(one).length > 0),
    ...moment('expires', expires),
    ...given('reverify', reverify === null ? null : formatDuration(reverify)),
    ...(acceptWider && { 'accept-wider': true }),
    ...given('owner', owner),
    ...given('reason', reason),
  };
}

function writtenException({ from, to, services }: Exception): Written {
  return {
    ...(from && { from: from.map(writtenEnd) }),
    ...(to && { to: to.map(writtenEnd) }),
    ...(services && { services: services.map(writtenServiceRef) }),
  };
}

const writtenServiceRef = (service: ServiceRef): string => (service.kind === 'service' ? service.name : service.text);

function writtenEnd(end: End): unknown {
  const { identity } = end;
  if (end.kind === 'selector' && end.scoped && identity === null) return end.selector.text;
  if (identity === null) return writtenPlace(end);
  const { process, user } = identity;
  return { ...writtenPlace(end), ...given('process', process), ...(user && { [user.kind]: user.name }) };
}

function writtenPlace(end: EndPlace): Written {
  switch (end.kind) {
    case 'any':
      return { any: true };
    case 'ipList':
      return { ipList: end.name };
    case 'domain':
      return { name: end.name };
    case 'virtualService':
      return { virtualService: end.name };
    case 'prefix':
      return { prefix: formatPrefix(end.prefix) };
    case 'selector':
      return { selector: end.selector.text, ...(!end.scoped && { scope: 'none' }) };
  }
}

function writtenService({ name, ranges, process, application }: ServiceDocument): Written {
  const ports = ranges.map(formatServiceRange);
  return { kind: 'Service', name, ports, ...given('process', process), ...given('application', application) };
}

function writtenVirtualService({ name, frontends, members, snat }: VirtualServiceDocument): Written {
  const ports = members.ports.map(({ frontend, member }) => [formatServicePoint(frontend), formatServicePoint(member)]);
  return {
    kind: 'VirtualService',
    name,
    frontends: frontends.map(({ service, ...where }) => ({ ...where, service: formatServicePoint(service) })),
    members: { selector: members.selector.text, ...(ports.length > 0 && { ports: Object.fromEntries(ports) }) },
    source: snat === null ? 'preserved' : { snat: snat.map(formatPrefix) },
  };
}

function writtenInvariant({ name, never, except }: InvariantDocument): Written {
  const { from, to, services } = never;
  const within = { from: from.map(writtenEnd), to: to.map(writtenEnd) };
  const narrowed = services === null ? {} : { services: services.map(writtenServiceRef) };
  return {
    kind: 'Invariant',
    name,
    never: { ...within, ...narrowed },
    ...some('except', except.map(writtenException)),
  };
}

function writtenMode({ selector, inbound, outbound }: ModeDocument): Written {
  const either = inbound === null && outbound === null ? { inbound: 'observe' } : {};
  return {
    kind: 'Mode',
    selector: selector.text,
    ...either,
    ...(inbound && { inbound }),
    ...(outbound && { outbound }),
  };
}

function writtenTiers({ order }: TiersDocument): Written {
  const steps = order.map((step) => (step.kind === 'tier' ? step.name : { group: step.name, tiers: step.tiers }));
  return { kind: 'Tiers', order: steps };
}

function writtenLifeline({ name, controllers, dns, time, ssh }: LifelineDocument): Written {
  return {
    kind: 'Lifeline',
    name,
    controllers: controllers.map(({ prefix, service }) => `${formatPrefix(prefix)} ${formatServiceRange(service)}`),
    dns: dns.map(formatPrefix),
    time: time.map(formatPrefix),
    ssh: ssh.map(formatPrefix),
  };
}
