import type { Identity } from '../documents.ts';
import type { Finding } from '../finding.ts';
import type { Fields } from './fields.ts';
import { readProcess, readUser } from './identities.ts';
import type { Reading } from './reading.ts';
import { readNameText } from './values.ts';

/** The keys `process`, `user` and `group` of an end; null where it has none of them. */
export function readIdentity(reading: Reading, fields: Fields, side: 'from' | 'to'): Identity | null {
  const process = fields.get('process');
  const user = readWho(reading, fields, side);
  if (process === undefined && user === null) return null;
  return { process: process === undefined ? null : readProcess(reading, process), user };
}

function readWho(reading: Reading, fields: Fields, side: 'from' | 'to'): Identity['user'] {
  const [user, group] = [fields.get('user'), fields.get('group')];
  const first = user ?? group;
  if (first === undefined) return null;
  if (side === 'to') reading.report(first.offset, userAtDestination);
  if (user !== undefined && group !== undefined) reading.report(group.offset, userAndGroup);
  if (user !== undefined) {
    const name = readUser(reading, user);
    return name === null ? null : { kind: 'user', name };
  }
  const name = group === undefined ? null : readNameText(reading, group, 'the name of a UserGroup');
  return name === null ? null : { kind: 'group', name, place: reading.place(first.offset) };
}

const userAtDestination: Finding = {
  code: 'user-in-to',
  cannot: 'use a user or group in "to"',
  so: 'a user is known where a connection starts',
  needed: 'it is needed in "from"',
};

const userAndGroup: Finding = {
  code: 'mixed-end',
  cannot: 'read the end',
  so: 'it has user and group at once',
  needed: 'one of them is needed',
  hint: 'for a union write a list: [{user: ...}, {group: ...}]',
};
