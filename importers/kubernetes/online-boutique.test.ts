import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importKubernetes } from './import.ts';
import { askAbout, filesOf, someCluster } from './testkit.ts';

/** Not of this repository: beside it, where somebody has put it. */
const folder = join(import.meta.dirname, '../../../shared/data/online-boutique');

type Flow = { readonly src: string; readonly dst: string; readonly port: number; readonly proto: string };

function yamlIn(place: string): readonly string[] {
  return readdirSync(place, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => join(place, name));
}

test('KN1 KN4 KN13 the policies of Online Boutique', {
  skip: existsSync(folder) ? false : `data beside the repository: ${folder} is absent`,
}, () => {
  const files = yamlIn(folder).map((file) => ({ file, text: readFileSync(file, 'utf8') }));
  const imported = importKubernetes(files, someCluster);
  assert.deepEqual(imported.problems, []);
  const ask = askAbout(filesOf(imported));
  const end = (name: string): string => (name === 'EXTERNAL' ? '192.0.2.1' : `default/${name}`);
  const flows = JSON.parse(readFileSync(join(folder, 'required-flows.json'), 'utf8')) as readonly Flow[];
  const said = (from: string, { dst, port, proto }: Flow): string =>
    ask(`${end(from)} -> ${end(dst)} ${proto.toLowerCase()}/${port}`);
  assert.equal(flows.filter((flow) => said(flow.src, flow) === 'allow').length, 17);
  assert.equal(flows.length, 17);
  // Each port that some flow needs, from every workload but its own.
  const served = [...new Map(flows.map((flow) => [`${flow.dst} ${flow.port}`, flow])).values()];
  const names = [...new Set(flows.flatMap(({ src, dst }) => [src, dst]))].filter((name) => name !== 'EXTERNAL');
  const pairs = served.flatMap((flow) => names.filter((name) => name !== flow.dst).map((from) => said(from, flow)));
  assert.deepEqual([pairs.filter((verdict) => verdict === 'allow').length, pairs.length], [26, 121]);
});
