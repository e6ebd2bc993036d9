import type { OwnershipDocument } from '../documents.ts';
import { type Fields, readFields, requireField } from './fields.ts';
import type { Reading } from './reading.ts';
import { readSelector } from './selectors.ts';
import { refuseEmpty } from './services.ts';
import type { Tree } from './tree.ts';
import { readName, readNameText, readOneOrMore, readText, unique } from './values.ts';
import { checkLabel } from './workload.ts';

const keys = ['kind', 'name', 'directory', 'scope', 'owners', 'tiers', 'labels'];

export function readOwnership(reading: Reading, tree: Tree): OwnershipDocument | null {
  const fields = readFields(reading, tree, { what: 'an Ownership', keys });
  if (fields === null) return null;
  const name = readName(reading, fields);
  const directory = requireField(reading, fields, 'directory');
  const scope = requireField(reading, fields, 'scope', 'scope: "" is every workload');
  const owners = requireField(reading, fields, 'owners');
  if (owners !== null) refuseEmpty(reading, owners, 'the owners');
  const tiers = fields.get('tiers');
  return {
    kind: 'Ownership',
    name,
    directory: (directory === null ? null : readDirectory(reading, directory)) ?? '',
    scope: (scope === null ? null : readSelector(reading, scope)) ?? { text: '', requirements: [] },
    owners: owners === null ? [] : unique(readOneOrMore(owners, (item) => readOwner(reading, item))),
    tiers: tiers === undefined ? ['application'] : readTiers(reading, tiers),
    labels: readLabelKeys(reading, fields),
    place: reading.place(tree.offset),
  };
}

function readTiers(reading: Reading, tree: Tree): string[] {
  refuseEmpty(reading, tree, 'the tiers');
  return unique(readOneOrMore(tree, (item) => readNameText(reading, item, 'the name of a tier')));
}

function readLabelKeys(reading: Reading, fields: Fields): string[] {
  const tree = fields.get('labels');
  if (tree === undefined) return [];
  return unique(
    readOneOrMore(tree, (item) => {
      const text = readText(reading, item, 'the label key');
      return text !== null && checkLabel(reading, item.offset, { what: 'key', text }) ? text : null;
    }),
  );
}

/** Without the slash at its end. */
function readDirectory(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the directory');
  if (text === null) return null;
  const path = text.replace(/\/$/, '');
  if (isDirectory(path)) return path;
  const [so, needed] = ['it is no path below the policy', 'one such as teams/shop is needed'];
  reading.report(tree.offset, { code: 'bad-directory', cannot: 'use the directory', value: text, so, needed });
  return null;
}

/** As paths of policy files are. */
const isDirectory = (path: string): boolean =>
  path.length <= 400 &&
  !/[\p{Cc}\\]/u.test(path) &&
  path.split('/').every((part) => part !== '' && part !== '.' && part !== '..');

/** The name that somebody signs in with, or that of a token. */
function readOwner(reading: Reading, tree: Tree): string | null {
  const text = readText(reading, tree, 'the owner');
  if (text === null || /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/.test(text)) return text;
  const so = 'nobody signs in with that name';
  const needed = 'a name of at most 64 letters, digits and "-", "_", ".", "@" is needed';
  reading.report(tree.offset, { code: 'bad-owner', cannot: 'use the owner', value: text, so, needed });
  return null;
}
