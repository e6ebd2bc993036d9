import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { hostBatch, routerBatch } from './address-plan.ts';
import { estateDocuments } from './estate-documents.ts';
import type { Lab } from './lab-file.ts';
import { parseLab } from './parse-lab.ts';
import { hostsFile, resolvConf } from './render-configs.ts';
import { repository } from './site.ts';
import { unitsOf } from './units.ts';

/** Golden texts are written anew with UPDATE_GOLDEN=1. */
function golden(name: string, actual: string): void {
  const path = `${import.meta.dirname}/testdata/${name}`;
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(`${import.meta.dirname}/testdata`, { recursive: true });
    writeFileSync(path, actual);
  }
  assert.equal(actual, readFileSync(path, 'utf8'), `${path}; UPDATE_GOLDEN=1 writes it anew`);
}

const lab = parseLab(readFileSync(`${repository}/examples/shop.yaml`, 'utf8'), 'shop.yaml').lab as Lab;

function unitText(host: string): string {
  const found = lab.hosts.find((candidate) => candidate.name === host);
  assert.ok(found);
  return unitsOf(lab, found)
    .map((unit) => `${JSON.stringify({ ...unit, files: undefined }, null, 2)}\n${fileText(unit.files)}`)
    .join('');
}

const fileText = (files: Readonly<Record<string, string>>): string =>
  Object.entries(files)
    .map(([path, text]) => `==> ${path}\n${text}`)
    .join('');

for (const host of ['lb-1', 'web-1', 'api-1', 'db-1', 'cache-1', 'dns-1', 'mon-1', 'jump-1', 'client-1']) {
  test(`units of ${host}`, () => golden(`units-${host}.txt`, unitText(host)));
}

test('network of the router', () => {
  const pids = new Map(lab.hosts.map((host, index) => [host.name, 100 + index]));
  golden('network-router.txt', routerBatch(lab, pids));
});

test('network and files of one host', () => {
  const [host] = lab.hosts;
  assert.ok(host);
  golden('network-host.txt', hostBatch(lab, host) + hostsFile(lab, host) + resolvConf(lab));
});

test('examples/estate agrees with examples/shop.yaml', () => {
  const stored = readFileSync(`${repository}/examples/estate/shop.yaml`, 'utf8');
  assert.equal(stored, estateDocuments(lab), '`bulkhead lab estate > examples/estate/shop.yaml` writes it anew');
});
