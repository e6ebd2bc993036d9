import type { LifelineDocument } from '@bulkhead/model/documents.ts';
import type { Prefix } from '@bulkhead/net/prefix.ts';
import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import { addressRanges } from './address-ranges.ts';
import type { Box } from './boxes.ts';
import type { PlaceTerm } from './places.ts';
import type { Speaker } from './rows.ts';
import type { Desk } from './rules.ts';
import { joinServices, type ServiceSet } from './service-sets.ts';

type Said = { readonly speaker: Speaker; readonly boxes: readonly Box[] };

/** What Lifeline documents allow, as policy/SPEC.md L3 and L4 have it. */
export function lifelineRules(desk: Desk): readonly Said[] {
  const declared = desk.documents.filter((document) => document.kind === 'Lifeline');
  return declared.flatMap((document) => saidBy(desk, document)).sort((a, b) => (a.speaker.id < b.speaker.id ? -1 : 1));
}

const anyone: PlaceTerm = { kind: 'any' };

function saidBy(desk: Desk, document: LifelineDocument): Said[] {
  const { controllers, dns, time, ssh } = document;
  const say = (what: string, boxes: readonly Box[]): Said => ({ speaker: speakerOf(desk, document, what), boxes });
  const reached = controllers.map(({ prefix, service }) => toAddresses([prefix], [service]));
  return [
    say('controller', reached.flat()),
    say('dns', toAddresses(dns, ['udp/53', 'tcp/53'].map(known))),
    say('time', toAddresses(time, [known('udp/123')])),
    say('ssh', ssh.length === 0 ? [] : [{ from: placeOf(ssh), to: anyone, services: setOf([known('tcp/22')]) }]),
  ];
}

function speakerOf({ tiers }: Desk, { name, place }: LifelineDocument, what: string): Speaker {
  const tier = tiers.get('lifeline');
  if (tier === undefined) throw new Error('The first tier is always there');
  const id = `lifeline/${name}-${what}`;
  return { id, about: { name: id, place }, verdict: 'allow', at: 'both', tier };
}

const toAddresses = (prefixes: readonly Prefix[], services: readonly ServiceRange[]): Box[] =>
  prefixes.length === 0 ? [] : [{ from: anyone, to: placeOf(prefixes), services: setOf(services) }];

const placeOf = (prefixes: readonly Prefix[]): PlaceTerm => ({
  kind: 'addresses',
  ranges: addressRanges(prefixes),
  written: prefixes,
});

const setOf = (ranges: readonly ServiceRange[]): ServiceSet =>
  ranges.reduce<ServiceSet>((set, range) => joinServices(set, { ranges: [range], named: [] }), {
    ranges: [],
    named: [],
  });

function known(text: string): ServiceRange {
  const range = parseServiceRange(text);
  if (range === null) throw new Error(`Not a service: ${text}`);
  return range;
}
