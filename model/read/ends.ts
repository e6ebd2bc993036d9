import type { End, EndPlace } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { type Fields, readFields, reportType } from './fields.ts';
import { readDomain } from './identities.ts';
import { readIdentity } from './identity.ts';
import type { Reading } from './reading.ts';
import { readSelector } from './selectors.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { readChoice, readNameText, readPrefix } from './values.ts';

const places = ['selector', 'ipList', 'prefix', 'name', 'virtualService', 'any'] as const;
const identities = ['process', 'user', 'group'] as const;
const keys = [...places, 'scope', ...identities];

export const everyHint = '"" is every workload, {any: true} is any address';

/** Where an end stands. `domains`: whether a domain name may stand there, which is in the `to` of allow rules alone. */
export type EndSpot = { readonly side: 'from' | 'to'; readonly domains: boolean };

/** A selector, an object, or a list of those, which means their union. */
export function readEnds(reading: Reading, tree: Tree, spot: EndSpot): End[] {
  refuseEmpty(reading, tree, 'the end');
  const items = tree.kind === 'list' ? tree.items : [tree];
  return items.map((item) => readEnd(reading, item, spot)).filter((end) => end !== null);
}

function readEnd(reading: Reading, tree: Tree, spot: EndSpot): End | null {
  if (tree.kind === 'text') {
    const selector = readSelector(reading, tree);
    return selector === null ? null : { kind: 'selector', selector, scoped: true, identity: null };
  }
  if (tree.kind === 'null') reading.report(tree.offset, emptyEnd);
  else if (tree.kind !== 'map')
    reportType(reading, tree, { what: 'the end', needed: 'the text of a selector or a map' });
  return tree.kind === 'map' ? readEndMap(reading, tree, spot) : null;
}

function readEndMap(reading: Reading, tree: Tree, spot: EndSpot): End | null {
  const errors = reading.errors();
  const fields = readFields(reading, tree, { what: 'an end', keys });
  if (fields === null) return null;
  const given = places.filter((key) => fields.get(key) !== undefined);
  const [kind] = given;
  const says = identities.some((key) => fields.get(key) !== undefined);
  if (given.length > 1) reading.report(tree.offset, mixedEnd(given));
  // An end of unknown keys alone was reported already.
  else if (kind === undefined && !says && reading.errors() === errors) reading.report(tree.offset, emptyEnd);
  checkScope(reading, fields, { kind, says });
  const identity = readIdentity(reading, fields, spot.side);
  const place = kind === undefined ? everyWorkload(fields) : readPlace(reading, fields, { kind, spot });
  return place === null || (kind === undefined && !says) ? null : { ...place, identity };
}

type PlaceKind = (typeof places)[number];

function checkScope(
  reading: Reading,
  fields: Fields,
  { kind, says }: { readonly kind: PlaceKind | undefined; readonly says: boolean },
): void {
  const scope = fields.get('scope');
  if (scope === undefined) return;
  readChoice(reading, scope, ['none']);
  if (kind === undefined ? !says : kind !== 'selector') reading.report(scope.offset, scopeWithoutSelector);
}

/** What an end is that says who and not where. */
function everyWorkload(fields: Fields): EndPlace {
  const scoped = fields.get('scope') === undefined;
  return { kind: 'selector', selector: { text: '', requirements: [] }, scoped };
}

function readPlace(
  reading: Reading,
  fields: Fields,
  { kind, spot }: { readonly kind: PlaceKind; readonly spot: EndSpot },
): EndPlace | null {
  const tree = fields.get(kind);
  if (tree === undefined) return null;
  switch (kind) {
    case 'selector': {
      const selector = readSelector(reading, tree);
      return selector === null ? null : { kind, selector, scoped: fields.get('scope') === undefined };
    }
    case 'ipList':
      return readReference(reading, tree, kind);
    case 'virtualService':
      if (spot.side === 'from') reading.report(tree.offset, virtualSource);
      return readReference(reading, tree, kind);
    case 'prefix': {
      const prefix = readPrefix(reading, tree);
      return prefix === null ? null : { kind, prefix };
    }
    case 'name': {
      if (!spot.domains) reading.report(tree.offset, domainElsewhere);
      const name = readDomain(reading, tree);
      return name === null ? null : { kind: 'domain', name, place: reading.place(tree.offset) };
    }
    case 'any':
      if (tree.kind === 'boolean' && tree.value.toLowerCase() === 'true') return { kind };
      reportType(reading, tree, { what: '"any"', needed: 'the value true' });
      return null;
  }
}

function readReference(reading: Reading, tree: Tree, kind: 'ipList' | 'virtualService'): EndPlace | null {
  const what = kind === 'ipList' ? 'the name of an IpList' : 'the name of a VirtualService';
  const name = readNameText(reading, tree, what);
  return name === null ? null : { kind, name, place: reading.place(tree.offset) };
}

const emptyEnd: Finding = {
  code: 'empty-end',
  cannot: 'read the end',
  so: 'it names nothing',
  needed: 'a selector, ipList, prefix, name, virtualService, process, user, group or any is needed',
  hint: everyHint,
};

const scopeWithoutSelector: Finding = {
  code: 'mixed-end',
  cannot: 'use "scope" in the end',
  so: 'it has no selector, and scopes bind selectors only',
  needed: 'a selector is needed beside it',
};

const domainElsewhere: Finding = {
  code: 'domain-elsewhere',
  cannot: 'use a domain name here',
  so: 'hosts learn its addresses as they ask for it, too late for anything but to allow connections to them',
  needed: 'it is needed in the "to" of an allow rule, and there only',
};

const virtualSource: Finding = {
  code: 'virtual-service-in-from',
  cannot: 'use a virtual service in "from"',
  so: 'connections go to it and come from its clients or its snat prefixes',
  needed: 'it is needed in "to"',
};

function mixedEnd(given: readonly string[]): Finding {
  return {
    code: 'mixed-end',
    cannot: 'read the end',
    so: `it has ${given.join(' and ')} at once`,
    needed: 'one of them is needed',
    hint: `for a union write a list: [${given.map((key) => `{${key}: ...}`).join(', ')}]`,
  };
}
