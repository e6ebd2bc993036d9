import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Document } from '@bulkhead/model/documents.ts';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { decidePacket, packetDecider } from '@bulkhead/model/host-ruleset-decision.ts';
import { findBrokenInvariant } from '@bulkhead/model/host-ruleset-invariants.ts';
import type { Address } from '@bulkhead/net/address.ts';
import { allServices } from '@bulkhead/net/service-space.ts';
import { type CompileInput, compileAll, compileHost } from '@bulkhead/policy/compile.ts';
import { decideEnd } from '@bulkhead/policy/decide.ts';
import type { Workload } from '@bulkhead/policy/estate.ts';
import { nothingKnown, settleIdentity } from '@bulkhead/policy/identity.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { address, serviceRange, shuffled } from './documents.ts';
import { seededRandom } from './random.ts';
import { probedAddresses, probedServices, randomDocuments, randomNow } from './random-estate.ts';
import { unnamedSide } from './random-probes.ts';
import { frontendAddresses, randomSemantics } from './random-semantics.ts';

import { worldOf } from './world.ts';

const estates = Number(process.env.PROPERTY_RUNS ?? 80);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const probed = probedServices.map((text) => serviceRange(text).first);

test(`K1 K3 K4 U7 G1: each host ruleset gives what decide gives at that end, ${estates} estates from seed ${firstSeed}`, () => {
  let [compared, cells, severalEnds, guests] = [0, 0, 0, 0];
  for (let seed = firstSeed; seed < firstSeed + estates; seed++) {
    const random = seededRandom(seed);
    const documents = seed % 2 === 0 ? randomDocuments(random) : randomSemantics(random);
    const input = worldOf(documents, randomNow);
    for (const workload of input.estate.workloads.filter(({ enforced }) => enforced)) {
      const content = contentOf(input, workload.name);
      assert.equal(findBrokenInvariant(content), null, `seed ${seed}, ${workload.name}`);
      compared += compareHost({ seed, documents, input, workload, content });
      cells += content.ends.reduce((sum, end) => sum + end.inbound.cells.length + end.outbound.cells.length, 0);
      if (content.ends.length > 1) severalEnds++;
      if (workload.host !== null && workload.addresses.length > 0) guests++;
    }
  }
  assert.ok(compared > 2000 * estates, `only ${compared} packets compared`);
  assert.ok(guests > estates / 4, `${guests} guests`);
  assert.ok(cells > 10 * estates && severalEnds > estates / 4, `${cells} cells, ${severalEnds} hosts of several ends`);
});

test('K2: the order of documents means nothing', () => {
  for (let seed = firstSeed; seed < firstSeed + 60; seed++) {
    const random = seededRandom(seed);
    const documents = randomDocuments(random);
    const other = compileAll(worldOf(shuffled(documents, random.unit), randomNow));
    assert.deepEqual(other, compileAll(worldOf(documents, randomNow)), `seed ${seed}`);
  }
});

test('compiling all hosts at once gives what compiling each alone gives', () => {
  for (let seed = firstSeed; seed < firstSeed + 60; seed++) {
    const input = worldOf(randomDocuments(seededRandom(seed)), randomNow);
    for (const [name, content] of compileAll(input))
      assert.deepEqual(content, compileHost(input, name), `seed ${seed}`);
  }
});

type Host = {
  readonly seed: number;
  readonly documents: readonly Document[];
  readonly input: CompileInput;
  readonly workload: Workload;
  readonly content: HostRulesetContent;
};

/** Every local address, and none, against every address of the estate and some of nobody. */
function compareHost({ seed, documents, input, workload, content }: Host): number {
  const edges = [...new Set([...probed, ...edgesOf(documents)])];
  // U7: a host tells no processes and users apart.
  const blind = settleIdentity(input.policy, nothingKnown);
  const quick = packetDecider(content);
  let compared = 0;
  for (const [index, { local, peer }] of pairsOf(documents, workload).entries()) {
    const other = unnamedSide(documents, local.network, peer);
    const far = { ...other, workload: other.workload && (input.estate.byName.get(other.workload.name) ?? null) };
    const near = { ...local, workload };
    // A host has one set of classes: every fourth pair finds its edges, and the test stays as fast as it was.
    for (const service of index % 4 === 0 ? edges : probed) {
      for (const direction of ['inbound', 'outbound'] as const) {
        const [source, destination] = direction === 'outbound' ? [near, far] : [far, near];
        const expected = decideEnd(blind, input.estate, { source, destination, service, direction });
        const packet = { local: local.address, peer, service, direction };
        const { number, effective, intended } = decidePacket(content, packet);
        const where = `seed ${seed}, ${workload.name}@${local.address}, ${direction}, peer ${peer}, service ${service}`;
        assert.deepEqual({ effective, intended }, expected, where);
        assert.equal(quick(packet).number, number, where);
        compared++;
      }
    }
  }
  return compared;
}

/** The first and the last service of every range that the documents name, and those beside it. */
function edgesOf(documents: readonly Document[]): number[] {
  const ranges = documents.flatMap((document) => {
    if (document.kind === 'Service') return document.ranges;
    if (document.kind === 'Lifeline') return document.controllers.map(({ service }) => service);
    if (document.kind !== 'Ruleset') return [];
    const named = document.rules.flatMap(({ services, except }) => [
      ...services,
      ...except.flatMap((exception) => exception.services ?? []),
    ]);
    return named.flatMap((service) => (service.kind === 'range' ? service.range : []));
  });
  return ranges
    .flatMap(({ first, last }) => [first - 1, first, last, last + 1])
    .filter((service) => service >= allServices.first && service <= allServices.last);
}

function pairsOf(documents: readonly Document[], workload: Workload) {
  const owned = documents.flatMap((document) => (document.kind === 'Workload' ? document.addresses : []));
  const strangers = [...probedAddresses, ...frontendAddresses].map(address);
  const peers = new Set<Address>([...owned.map((claimed) => claimed.address), ...strangers]);
  const unknown = { network: workload.networks[0] ?? 'main', address: null };
  return [...workload.addresses, ...(workload.host === null ? [unknown] : [])].flatMap((local) =>
    [...peers].map((peer) => ({ local, peer })),
  );
}

function contentOf(input: CompileInput, name: string): HostRulesetContent {
  const content = compileHost(input, name);
  assert.ok(!isProblem(content), name);
  return content;
}
