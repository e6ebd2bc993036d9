import { parseServiceRange, type ServiceRange } from '@bulkhead/net/service-space.ts';
import type { ServiceRef } from '../documents.ts';
import { parseServiceText, portNameElsewhere } from '../service-text.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';
import { readOneOrMore, readText } from './values.ts';

/** One service or a list of them, never none; without names of ports. */
export function readServices(reading: Reading, tree: Tree): ServiceRef[] {
  return readServed(reading, tree).map(({ ref, offset }) => {
    if (ref.kind === 'portName') reading.report(offset, portNameElsewhere(ref.text));
    return ref;
  });
}

/** What a verdict key holds, and where each of it stands. */
export function readServed(reading: Reading, tree: Tree): { readonly ref: ServiceRef; readonly offset: number }[] {
  refuseEmpty(reading, tree, 'the services');
  return readOneOrMore(tree, (item) => {
    const ref = readServiceRef(reading, item);
    return ref === null ? null : { ref, offset: item.offset };
  });
}

/** A range written out, where a Service's name is not taken. */
export function readRange(reading: Reading, tree: Tree): ServiceRange | null {
  const text = readServiceWords(reading, tree);
  if (text === null) return null;
  const range = parseServiceRange(text);
  if (range !== null) return range;
  const read = parseServiceText(text);
  if (read.kind === 'wrong') reading.report(tree.offset, read.finding);
  else if (read.kind === 'portName') reading.report(tree.offset, portNameElsewhere(text));
  else reading.report(tree.offset, notAName(text));
  return null;
}

/** An empty list would silently match nothing. */
export function refuseEmpty(reading: Reading, tree: Tree, what: string): void {
  if (tree.kind !== 'list' || tree.items.length > 0) return;
  const so = 'the list is empty and would match nothing';
  reading.report(tree.offset, { code: 'empty-list', cannot: `read ${what}`, so, needed: 'at least one is needed' });
}

function readServiceRef(reading: Reading, tree: Tree): ServiceRef | null {
  const text = readServiceWords(reading, tree);
  const read = text === null ? null : parseServiceText(text);
  if (text === null || read === null) return null;
  if (read.kind === 'range') return { kind: 'range', range: read.range, text };
  if (read.kind === 'portName') return read;
  if (read.kind === 'name') return { kind: 'service', name: read.name, place: reading.place(tree.offset) };
  reading.report(tree.offset, read.finding);
  return null;
}

/** A bare port is a number to YAML; it is reported as the service that it fails to be. */
function readServiceWords(reading: Reading, tree: Tree): string | null {
  return tree.kind === 'number' ? tree.value : readText(reading, tree, 'the service');
}

function notAName(value: string): { code: string; cannot: string; value: string; so: string; needed: string } {
  const needed = 'a protocol and port such as tcp/5432 is needed';
  return {
    code: 'bad-service',
    cannot: 'read the service',
    value,
    so: 'a name of a Service is not taken here',
    needed,
  };
}
