import type { InvariantDocument } from '../documents.ts';
import { readFields, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { readExceptions, readRequiredEnds } from './rule.ts';
import { readServices } from './services.ts';
import type { Tree } from './tree.ts';
import { readName } from './values.ts';

const nothing: InvariantDocument['never'] = { from: [], to: [], services: null };

export function readInvariant(reading: Reading, tree: Tree): InvariantDocument | null {
  const fields = readFields(reading, tree, { what: 'an Invariant', keys: ['kind', 'name', 'never', 'except'] });
  if (fields === null) return null;
  const name = readName(reading, fields);
  const never = requireField(reading, fields, 'never', 'for example never: {from: env=dev, to: env=prod}');
  return {
    kind: 'Invariant',
    name,
    never: never === null ? nothing : readNever(reading, never),
    except: readExceptions(reading, fields),
    place: reading.place(tree.offset),
  };
}

function readNever(reading: Reading, tree: Tree): InvariantDocument['never'] {
  const fields = readFields(reading, tree, { what: '"never"', keys: ['from', 'to', 'services'] });
  if (fields === null) return nothing;
  const services = fields.get('services');
  return {
    from: readRequiredEnds(reading, fields, { side: 'from', domains: false }),
    to: readRequiredEnds(reading, fields, { side: 'to', domains: false }),
    services: services === undefined ? null : readServices(reading, services),
  };
}
