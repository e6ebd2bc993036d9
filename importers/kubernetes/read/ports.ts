import type { Finding } from '@bulkhead/model/finding.ts';
import { nearest } from '@bulkhead/model/nearest.ts';
import { type Fields, reportType } from '@bulkhead/model/read/fields.ts';
import type { Reading } from '@bulkhead/model/read/reading.ts';
import type { Tree } from '@bulkhead/model/read/tree.ts';
import type { Protocol } from '../cluster.ts';
import { readWhole, readWords } from './values.ts';

const protocols: Readonly<Record<string, Protocol>> = { TCP: 'tcp', UDP: 'udp', SCTP: 'sctp' };

/** The key `protocol`; TCP where there is none. */
export function readProtocol(reading: Reading, fields: Fields): Protocol | null {
  const tree = fields.get('protocol');
  const text = tree === undefined ? 'TCP' : readWords(reading, tree, 'the protocol');
  if (text === null) return null;
  const protocol = Object.hasOwn(protocols, text) ? protocols[text] : undefined;
  if (protocol !== undefined) return protocol;
  if (tree !== undefined) reading.report(tree.offset, badProtocol(text));
  return null;
}

export const readPort = (reading: Reading, tree: Tree, what: string): number | null =>
  readWhole(reading, tree, { what, least: 1, most: 65_535 });

/** A number, or the name that a port has at its destination. */
export function readPortOrName(reading: Reading, tree: Tree, what: string): number | string | null {
  if (tree.kind === 'text') return readPortName(reading, tree, what);
  if (tree.kind === 'number') return readPort(reading, tree, what);
  reportType(reading, tree, { what, needed: 'a number or the name of a port' });
  return null;
}

export function readPortName(reading: Reading, tree: Tree, what: string): string | null {
  const name = readWords(reading, tree, what);
  if (name === null || isPortName(name)) return name;
  reading.report(tree.offset, badPortName(name, what));
  return null;
}

/** A service name as RFC 6335 has it. */
const isPortName = (name: string): boolean =>
  /^[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(name) && /[a-z]/.test(name) && !name.includes('--');

function badProtocol(value: string): Finding {
  const near = nearest(value, Object.keys(protocols));
  const needed = `one of ${Object.keys(protocols).join(', ')} is needed`;
  const finding = { code: 'bad-protocol', cannot: 'use the protocol', value, so: 'it is not known', needed };
  return near === null ? finding : { ...finding, hint: `did you mean "${near}"?` };
}

function badPortName(value: string, what: string): Finding {
  const needed =
    'at most 15 lower-case letters, digits and single "-" with a letter among them, which begin and end without "-", are needed';
  const finding = { code: 'bad-port-name', cannot: `read ${what}`, value, so: 'it is no name of a port', needed };
  return /^\d{1,5}$/.test(value) ? { ...finding, hint: `write ${value} without quotes for the number` } : finding;
}
