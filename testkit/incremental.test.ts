import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AddressDelta, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { compareAddresses } from '@bulkhead/model/host-ruleset-invariants.ts';
import { compileAll } from '@bulkhead/policy/compile.ts';
import { Engine } from '@bulkhead/policy/incremental/engine.ts';
import { type Group, hostsOf } from '@bulkhead/policy/incremental/nodes.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { type Random, seededRandom } from './random.ts';
import { Stream, streamKinds } from './random-events.ts';
import { worldOf } from './world.ts';

/** 100,000 events in all: INCREMENTAL_STREAMS=500 INCREMENTAL_EVENTS=200. */
const streams = Number(process.env.INCREMENTAL_STREAMS ?? 60);
const eventsEach = Number(process.env.INCREMENTAL_EVENTS ?? 40);
/** Events between two looks at every host. */
const stride = Number(process.env.INCREMENTAL_STRIDE ?? 4);
/** From "every term is wide" to "none is". */
const wideFroms = [0, 1, 3, 64];
/** From numbers given anew every few changes to never. */
const spares = [0, 5, 1000];
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`J1 J2: incremental is from scratch, ${streams} streams of ${eventsEach} changes from seed ${firstSeed}`, () => {
  const counts = { looks: 0, contents: 0, named: 0, deltas: 0, bodies: 0, hosts: 0, quiet: 0, renewals: 0 };
  const kinds = new Map<string, number>();
  for (let seed = firstSeed; seed < firstSeed + streams; seed++) {
    const random = seededRandom(seed);
    const stream = new Stream(random);
    const wideFrom = wideFroms[seed % wideFroms.length] ?? 64;
    const watch = new Watch(stream, { random, counts, wideFrom, spare: spares[seed % spares.length] ?? 1000 });
    for (let index = 1; index <= eventsEach; index++) {
      const kind = watch.step();
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      if (index % stride === 0) watch.look(`seed ${seed}, change ${index}, ${kind}`);
    }
  }
  const changes = streams * eventsEach;
  for (const kind of streamKinds) assert.ok((kinds.get(kind) ?? 0) > changes / 100, `${kinds.get(kind)} of ${kind}`);
  const { deltas, bodies, hosts, quiet, renewals } = counts;
  assert.ok(counts.named > counts.contents / 20, `${counts.named} of ${counts.contents} contents have names`);
  assert.ok(renewals > streams / 10, `${renewals} times numbers were given anew`);
  for (const [name, count] of Object.entries({ deltas, bodies, hosts, quiet }))
    assert.ok(count > changes / 25, `${name}: ${JSON.stringify(counts)}`);
  if (process.env.INCREMENTAL_STREAMS !== undefined) console.log(JSON.stringify({ firstSeed, changes, ...counts }));
});

type Counts = {
  looks: number;
  contents: number;
  named: number;
  deltas: number;
  bodies: number;
  hosts: number;
  quiet: number;
  renewals: number;
};

type Watching = {
  readonly random: Random;
  readonly counts: Counts;
  readonly wideFrom: number;
  readonly spare: number;
};

/** Holds for every host what a controller would have sent it. */
class Watch {
  readonly #stream: Stream;
  readonly #engine: Engine;
  readonly #random: Random;
  readonly #counts: Counts;
  readonly #held = new Map<string, HostRulesetContent>();
  /** Of what is held. */
  readonly #groups = new Map<string, Group | null>();

  constructor(stream: Stream, { random, counts, wideFrom, spare }: Watching) {
    [this.#stream, this.#random, this.#counts] = [stream, random, counts];
    this.#engine = new Engine(stream.opening(), wideFrom, spare);
  }

  step(): string {
    const { kind, events } = this.#stream.step();
    const before = this.#engine.held;
    const { deltas, groups, hosts, gone } = this.#engine.apply(events);
    if (this.#engine.held.terms < before.terms || this.#engine.held.slots < before.slots) this.#counts.renewals++;
    const whole = new Set([...hosts, ...gone, ...groups.flatMap((group) => [...hostsOf(group)])]);
    for (const name of whole) this.#held.delete(name);
    const asked = [...whole].filter((name) => !gone.has(name) && this.#random.chance(0.6));
    for (const { delta, groups: followers } of deltas) {
      for (const name of [...followers].flatMap((group) => [...hostsOf(group)])) {
        const content = this.#held.get(name);
        if (content !== undefined) this.#held.set(name, applied(content, delta));
        this.#counts.deltas++;
      }
    }
    // As soon as told, most hosts ask; what they were given is compared when all are looked at.
    for (const name of asked) this.#hold(name);
    this.#counts.bodies += groups.length;
    this.#counts.hosts += hosts.size;
    if (whole.size === 0 && deltas.length === 0) this.#counts.quiet++;
    return kind;
  }

  #hold(name: string): void {
    const content = this.#engine.content(name);
    if (!isProblem(content)) this.#take(name, content);
  }

  #take(name: string, content: HostRulesetContent): void {
    this.#held.set(name, content);
    this.#groups.set(name, this.#engine.follow(name));
  }

  look(where: string): void {
    const { documents, now } = this.#stream;
    const fresh = compileAll(worldOf(documents, now));
    assert.deepEqual(this.#engine.problems, [], where);
    for (const [name, content] of this.#held)
      assert.deepEqual(content, fresh.get(name), `${where}: ${name} as it was told`);
    for (const name of this.#held.keys())
      assert.equal(this.#engine.follow(name), this.#groups.get(name), `${where}: the group that ${name} was told of`);
    for (const [name, expected] of fresh) {
      // Hosts that nobody asks for are there, too.
      if (this.#held.has(name) || this.#random.chance(0.2)) continue;
      const content = this.#engine.content(name);
      assert.deepEqual(content, expected, `${where}: ${name}`);
      if (!isProblem(content)) this.#take(name, content);
      if (!isProblem(content) && content.names !== undefined) this.#counts.named++;
      this.#counts.contents++;
    }
    this.#counts.looks++;
  }
}

function applied(content: HostRulesetContent, { added, removed }: AddressDelta): HostRulesetContent {
  const gone = new Set(removed.map(({ address, identity }) => `${address} ${identity}`));
  const kept = content.addresses.filter(({ address, identity }) => !gone.has(`${address} ${identity}`));
  assert.equal(kept.length + removed.length, content.addresses.length, 'a delta removes what is there');
  const addresses = [...kept, ...added].sort((a, b) => compareAddresses(a.address, b.address));
  return { ...content, addresses };
}
