import { parseAddress } from '@bulkhead/net/address.ts';
import { parseServiceRange, serviceProtocol } from '@bulkhead/net/service-space.ts';
import type { DependencyDocument, DependencyEnd } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { readFields, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { readSelector } from './selectors.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { readName, readOneOrMore, readText } from './values.ts';

const keys = ['kind', 'name', 'of', 'to'];

export function readDependency(reading: Reading, tree: Tree): DependencyDocument | null {
  const fields = readFields(reading, tree, { what: 'a Dependency', keys });
  if (fields === null) return null;
  const [of, to] = [requireField(reading, fields, 'of'), requireField(reading, fields, 'to')];
  if (to !== null) refuseEmpty(reading, to, 'what is depended on');
  return {
    kind: 'Dependency',
    name: readName(reading, fields),
    of: (of === null ? null : readSelector(reading, of)) ?? { text: '', requirements: [] },
    to: to === null ? [] : readOneOrMore(to, (item) => readEnd(reading, item)),
    place: reading.place(tree.offset),
  };
}

/** `address service` or `workload service`. */
function readEnd(reading: Reading, tree: Tree): DependencyEnd | null {
  const text = readText(reading, tree, 'what is depended on');
  if (text === null) return null;
  const [, host, service] = /^\s*(\S+)\s+(\S+)\s*$/.exec(text) ?? [];
  const port = service === undefined ? null : tcpPort(service);
  if (host === undefined || port === null) {
    reading.report(tree.offset, badDependency(text));
    return null;
  }
  const address = parseAddress(host);
  const at = address === null ? ({ kind: 'workload', name: host } as const) : ({ kind: 'address', address } as const);
  return { at, port, place: reading.place(tree.offset) };
}

/** A connection is made to it, so it is one port, and of the one protocol that answers. */
function tcpPort(text: string): number | null {
  const range = parseServiceRange(text);
  if (range === null || range.first !== range.last || serviceProtocol(range.first) !== 6) return null;
  return range.first & 0xffff;
}

function badDependency(value: string): Finding {
  const needed = 'an address or a workload and one TCP port as in "db-1 tcp/5432" are needed';
  return { code: 'bad-dependency', cannot: 'read what is depended on', value, so: 'it is not in that form', needed };
}
