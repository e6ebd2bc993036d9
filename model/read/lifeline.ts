import type { LifelineDocument } from '../documents.ts';
import type { Finding } from '../finding.ts';
import { type Fields, readFields } from './fields.ts';
import type { Reading } from './reading.ts';
import { readRange } from './services.ts';
import type { Tree } from './tree.ts';
import { readName, readOneOrMore, readPrefix, readText } from './values.ts';

const keys = ['kind', 'name', 'controllers', 'dns', 'time', 'ssh'];

export function readLifeline(reading: Reading, tree: Tree): LifelineDocument | null {
  const fields = readFields(reading, tree, { what: 'a Lifeline', keys });
  if (fields === null) return null;
  const controllers = fields.get('controllers');
  const prefixes = (key: string) => readPrefixes(reading, fields, key);
  return {
    kind: 'Lifeline',
    name: readName(reading, fields),
    controllers: controllers === undefined ? [] : readOneOrMore(controllers, (item) => readController(reading, item)),
    dns: prefixes('dns'),
    time: prefixes('time'),
    ssh: prefixes('ssh'),
    place: reading.place(tree.offset),
  };
}

function readPrefixes(reading: Reading, fields: Fields, key: string): LifelineDocument['dns'] {
  const tree = fields.get(key);
  return tree === undefined ? [] : readOneOrMore(tree, (item) => readPrefix(reading, item));
}

/** `prefix service`, for example `10.80.0.1/32 tcp/8444`. */
function readController(reading: Reading, tree: Tree): LifelineDocument['controllers'][number] | null {
  const text = readText(reading, tree, 'the controller');
  if (text === null) return null;
  const [, prefixText, serviceText] = /^\s*(\S+)\s+(\S+)\s*$/.exec(text) ?? [];
  if (prefixText === undefined || serviceText === undefined) {
    reading.report(tree.offset, badController(text));
    return null;
  }
  const prefix = readPrefix(reading, { kind: 'text', offset: tree.offset, value: prefixText });
  const service = readRange(reading, { kind: 'text', offset: tree.offset, value: serviceText });
  return prefix === null || service === null ? null : { prefix, service };
}

function badController(value: string): Finding {
  const needed = 'a prefix and a service as in "10.80.0.1/32 tcp/8444" are needed';
  return { code: 'bad-controller', cannot: 'read the controller', value, so: 'it is not in that form', needed };
}
