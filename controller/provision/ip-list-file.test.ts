import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDocuments } from '@bulkhead/model/parse.ts';
import { formatPrefix } from '@bulkhead/net/prefix.ts';
import { ipListFile, prefixesOfCsv } from './ip-list-file.ts';

test('the file says what was given', () => {
  const { file } = ipListFile({ name: 'partners', prefixes: ['192.0.2.0/24', 'fd00::/8'], except: ['192.0.2.1'] });
  const { documents, problems } = parseDocuments([{ file: 'x', text: file?.text ?? '' }]);
  assert.deepEqual(problems, []);
  const [list] = documents;
  assert.ok(list?.kind === 'IpList');
  assert.deepEqual(list.prefixes.map(formatPrefix), ['192.0.2.0/24', 'fd00::/8']);
  assert.deepEqual(list.except.map(formatPrefix), ['192.0.2.1/32']);
});

test('one bad prefix and there is no file', () => {
  for (const bad of ['192.0.2.1/24', 'nowhere', '', '10.0.0.0/33']) {
    const { file, problems } = ipListFile({ name: 'partners', prefixes: ['10.0.0.0/8', bad], except: [] });
    assert.deepEqual([file, problems[0]?.code], [null, 'bad-prefix'], bad);
  }
  assert.equal(ipListFile({ name: 'a"b', prefixes: [], except: [] }).file, null);
});

test('CSV: with or without header, notes and comments ignored', () => {
  assert.deepEqual(prefixesOfCsv('prefix,note\n10.0.0.0/8,"a"\r\n\n# x\nfd00::/8\n'), ['10.0.0.0/8', 'fd00::/8']);
  assert.deepEqual(prefixesOfCsv('10.0.0.0/8'), ['10.0.0.0/8']);
  assert.deepEqual(prefixesOfCsv(''), []);
});
