import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AddressDelta, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import {
  classOf,
  decidePacket,
  type HostPacket,
  identityOf,
  notJudged,
} from '@bulkhead/model/host-ruleset-decision.ts';
import { compareAddresses, findBrokenInvariant } from '@bulkhead/model/host-ruleset-invariants.ts';
import { amendPeerList } from '@bulkhead/model/peer-list.ts';
import { type Address, addressFromBits } from '@bulkhead/net/address.ts';
import { prefixRange } from '@bulkhead/net/prefix.ts';
import { type CompileInput, compileAll, compileWidened } from '@bulkhead/policy/compile.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { addressDelta } from '@bulkhead/policy/ruleset/address-delta.ts';
import { narrows, narrowsByAddresses } from '@bulkhead/policy/ruleset/narrows.ts';
import { address } from './documents.ts';
import { type Random, seededRandom } from './random.ts';
import { randomChange } from './random-change.ts';
import { randomDocuments, randomNow } from './random-estate.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 60);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const seeds = Array.from({ length: runs }, (_, index) => firstSeed + index);

test(`K6: the widened ruleset allows what either allows, ${runs} changes from seed ${firstSeed}`, () => {
  let reopened = 0;
  for (const { seed, name, before, after, inputs } of changedHosts(seeds)) {
    const widened = compileWidened(inputs.before, inputs.after, name);
    assert.ok(!isProblem(widened), `seed ${seed}`);
    assert.equal(findBrokenInvariant(widened), null, `seed ${seed}, ${name}`);
    for (const packet of packetsOf([before, after, widened])) {
      const [was, is] = [decidePacket(before, packet), decidePacket(after, packet)];
      const between = decidePacket(widened, packet);
      const allowed = was.effective.verdict === 'allow' || is.effective.verdict === 'allow';
      assert.equal(between.effective.verdict, allowed ? 'allow' : 'deny', `seed ${seed}, ${name}, ${describe(packet)}`);
      if (between !== notJudged) assert.deepEqual(between.intended, is.intended);
      if (allowed && is.effective.verdict === 'deny') reopened++;
    }
    assert.equal(narrows(before, widened), false, `seed ${seed}, ${name}: widening never narrows`);
  }
  assert.ok(reopened > 100, `only ${reopened} packets that the change closes`);
});

test(`K7: a change narrows when some packet is closed by it, ${runs} changes from seed ${firstSeed}`, () => {
  const answers = { true: 0, false: 0 };
  let elsewhere = 0;
  for (const { seed, name, before, after } of changedHosts(seeds)) {
    const closed = packetsOf([before, after]).find((packet) => {
      const [was, is] = [decidePacket(before, packet), decidePacket(after, packet)];
      return was.effective.verdict === 'allow' && is.effective.verdict === 'deny';
    });
    const why = closed === undefined ? 'nothing is closed' : describe(closed);
    assert.equal(narrows(before, after), closed !== undefined, `seed ${seed}, ${name}: ${why}`);
    if (`${before.local}` !== `${after.local}`) elsewhere++;
    answers[closed === undefined ? 'false' : 'true']++;
  }
  assert.ok(answers.true > runs / 5 && answers.false > runs / 5, JSON.stringify(answers));
  assert.ok(elsewhere > 2, `${elsewhere} rulesets that are for other addresses`);
});

test('K7: a first host ruleset narrows', () => {
  const [first] = changedHosts(seeds);
  assert.ok(first !== undefined);
  assert.equal(narrows(null, first.after), true);
  assert.equal(narrows(first.after, first.after), false);
});

test(`an address delta gives the content after the change, ${4 * runs} changes from seed ${firstSeed}`, () => {
  let [deltas, refused] = [0, 0];
  const more = Array.from({ length: 4 * runs }, (_, index) => firstSeed + index);
  for (const { seed, name, before, after } of changedHosts(more)) {
    const delta = addressDelta(before, after);
    if (delta === null) {
      assert.notDeepEqual({ ...before, addresses: [] }, { ...after, addresses: [] }, `seed ${seed}, ${name}`);
      refused++;
      continue;
    }
    const gone = new Set(delta.removed.map((peer) => peer.address));
    const kept = before.addresses.filter((peer) => !gone.has(peer.address));
    const addresses = [...kept, ...delta.added].sort((a, b) => compareAddresses(a.address, b.address));
    assert.deepEqual({ ...before, addresses }, after, `seed ${seed}, ${name}`);
    deltas++;
  }
  assert.ok(deltas > 20 && refused > 20, `${deltas} deltas, ${refused} refused`);
});

test(`K7: addresses that come, go and move narrow as any change does, from seed ${firstSeed}`, () => {
  const answers = { true: 0, false: 0 };
  for (const { seed, name, before } of changedHosts(seeds)) {
    const random = seededRandom(seed + 7);
    for (let index = 0; index < 8 && before.identities.length > 0; index++) {
      const delta = randomDelta(random, before);
      const addresses = amendPeerList(before.addresses, delta);
      assert.ok(addresses !== null);
      const narrowed = narrows(before, { ...before, addresses });
      assert.equal(narrowsByAddresses(before, delta), narrowed, `seed ${seed}, ${name}: ${JSON.stringify(delta)}`);
      answers[`${narrowed}`]++;
    }
  }
  assert.ok(answers.true > 50 && answers.false > 50, JSON.stringify(answers));
});

/** One address comes, some go, and some move to another identity. */
function randomDelta(random: Random, { addresses, identities }: HostRulesetContent): AddressDelta {
  const touched = addresses.filter(() => random.chance(0.3));
  const known = new Set(addresses.map((peer) => peer.address));
  const fresh = [address(`203.0.113.${random.below(250)}`), address(`10.9.0.${random.below(250)}`)];
  const coming = [...touched.filter(() => random.chance(0.4)).map((peer) => peer.address), random.pick(fresh)];
  const added = coming.map((one) => ({ address: one, identity: random.pick(identities).id }));
  const gone = new Set(touched.map((peer) => peer.address));
  return { added: added.filter((peer) => !known.has(peer.address) || gone.has(peer.address)), removed: touched };
}

type Changed = {
  readonly seed: number;
  readonly name: string;
  readonly before: HostRulesetContent;
  readonly after: HostRulesetContent;
  readonly inputs: { readonly before: CompileInput; readonly after: CompileInput };
};

/** Hosts whose ruleset a random change altered. */
function changedHosts(seeds: readonly number[]): Changed[] {
  return seeds.flatMap((seed) => {
    const random = seededRandom(seed);
    const documents = randomDocuments(random);
    const inputs = {
      before: worldOf(documents, randomNow),
      after: worldOf(randomChange(random, documents), randomNow),
    };
    const [before, after] = [compileAll(inputs.before), compileAll(inputs.after)];
    return [...before].flatMap(([name, was]): Changed[] => {
      const is = after.get(name);
      if (is === undefined || isProblem(is) || isProblem(was) || text(was) === text(is)) return [];
      return [{ seed, name, before: was, after: is, inputs }];
    });
  });
}

/** One packet for every piece of the address and service space that some content tells apart. */
function packetsOf(contents: readonly HostRulesetContent[]): HostPacket[] {
  const peers = new Set<Address>([address('203.0.113.9'), address('2001:db8::9')]);
  const services = new Set([0, 0xffffff]);
  const locals = new Set<Address | null>([null]);
  for (const { addresses, prefixes, classes, ends, local } of contents) {
    for (const one of local ?? []) locals.add(one);
    for (const peer of addresses) peers.add(peer.address);
    for (const { prefix } of prefixes) for (const edge of edges(prefixRange(prefix))) peers.add(edge);
    for (const { first, last } of classes.flatMap((found) => found.services)) {
      for (const point of [first - 1, first, last, last + 1]) if (point >= 0 && point <= 0xffffff) services.add(point);
    }
    for (const local of ends.flatMap((found) => found.addresses)) locals.add(local);
  }
  const somePeers = oneOfEach(peers, (peer) => contents.map((content) => identityOf(content, peer)));
  const someServices = oneOfEach(services, (point) => contents.map((content) => classOf(content, point)));
  return [...locals].flatMap((local) =>
    somePeers.flatMap((peer) =>
      someServices.flatMap((service) =>
        (['inbound', 'outbound'] as const).map((direction) => ({ local, peer, service, direction })),
      ),
    ),
  );
}

function oneOfEach<T>(list: Iterable<T>, keyOf: (item: T) => readonly number[]): T[] {
  return [...new Map([...list].map((item) => [keyOf(item).join(' '), item])).values()];
}

function edges({ family, first, last }: ReturnType<typeof prefixRange>): Address[] {
  const most = (1n << (family === 4 ? 32n : 128n)) - 1n;
  const points = [first - 1n, first, first + 1n, last - 1n, last, last + 1n];
  return points.filter((bits) => bits >= 0n && bits <= most).map((bits) => addressFromBits(family, bits));
}

const text = (content: HostRulesetContent): string =>
  JSON.stringify(content, (_, value) => (typeof value === 'bigint' ? `${value}` : value));
const describe = (packet: HostPacket): string => JSON.stringify(packet);
