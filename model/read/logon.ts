import type { LogonDocument } from '../documents.ts';
import { defaultNetwork } from '../words.ts';
import { type Fields, readFields, requireField } from './fields.ts';
import { readUser } from './identities.ts';
import type { Reading } from './reading.ts';
import type { Tree } from './tree.ts';
import { readAddress, readMoment } from './values.ts';
import { readNetwork } from './workload.ts';

const keys = ['kind', 'user', 'network', 'address', 'from', 'until'];

export function readLogon(reading: Reading, tree: Tree): LogonDocument | null {
  const fields = readFields(reading, tree, { what: 'a Logon', keys });
  if (fields === null) return null;
  const user = requireField(reading, fields, 'user');
  const inside = requireField(reading, fields, 'address');
  const address = inside === null ? null : readAddress(reading, inside);
  const network = fields.get('network');
  const name = user === null ? null : readUser(reading, user);
  const span = readSpan(reading, fields);
  if (address === null || name === null) return null;
  return {
    kind: 'Logon',
    user: name,
    network: (network === undefined ? null : readNetwork(reading, network)) ?? defaultNetwork,
    address,
    ...span,
    place: reading.place(tree.offset),
  };
}

function readSpan(reading: Reading, fields: Fields): Pick<LogonDocument, 'from' | 'until'> {
  const [first, last] = [fields.get('from'), fields.get('until')];
  const from = first === undefined ? null : readMoment(reading, first);
  const until = last === undefined ? null : readMoment(reading, last);
  if (last !== undefined && from !== null && until !== null && until <= from) {
    const so = 'it is not after "from"';
    reading.report(last.offset, { code: 'empty-span', cannot: 'use "until"', so, needed: 'a later moment is needed' });
  }
  return { from, until };
}
