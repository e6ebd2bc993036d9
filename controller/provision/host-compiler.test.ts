import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Document, WorkloadDocument } from '@bulkhead/model/documents.ts';
import { classLimit, type HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { amendPeerList } from '@bulkhead/model/peer-list.ts';
import { compileAll } from '@bulkhead/policy/compile.ts';
import { narrows } from '@bulkhead/policy/ruleset/narrows.ts';
import { rule, ruleset, workload } from '@bulkhead/testkit/documents.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { Stream } from '@bulkhead/testkit/random-events.ts';
import { worldOf } from '@bulkhead/testkit/world.ts';
import { HostCompiler } from './host-compiler.ts';
import type { Meaning } from './meaning.ts';

const streams = Number(process.env.PROPERTY_RUNS ?? 15);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const changesEach = 40;

test(`J1 J2: what is taken and settled is what one would compile, ${streams} streams from seed ${firstSeed}`, () => {
  const counts = { looks: 0, amended: 0, anew: 0, lost: 0, moved: 0 };
  for (let seed = firstSeed; seed < firstSeed + streams; seed++) {
    const random = seededRandom(seed);
    const stream = new Stream(random);
    const receiver = new Receiver(new HostCompiler(meaningOf(stream)), counts);
    let before = stream.documents;
    for (let index = 0; index < changesEach; index++) {
      const { kind } = stream.step();
      const where = `seed ${seed}, change ${index}, ${kind}`;
      counts.moved += Number(tell(receiver.compiler, { before, stream, random }));
      before = stream.documents;
      if (random.chance(0.3)) continue;
      receiver.receive(where, { isLost: random.chance(0.2), stream });
    }
  }
  for (const [what, count] of Object.entries(counts)) assert.ok(count > streams, `${what}: ${JSON.stringify(counts)}`);
});

type Telling = { readonly before: readonly Document[]; readonly stream: Stream; readonly random: Random };

/** As the controller does: of workloads one by one, of a policy as a whole. True: as a whole. */
function tell(compiler: HostCompiler, { before, stream, random }: Telling): boolean {
  const policyOf = (documents: readonly Document[]) => documents.filter((one) => !isWorkload(one));
  if (!isDeepStrictEqual(policyOf(before), policyOf(stream.documents)) || random.chance(0.2)) {
    compiler.move(meaningOf(stream));
    return true;
  }
  const changes = new Map<string, WorkloadDocument | null>();
  for (const { name } of before.filter(isWorkload)) changes.set(name, null);
  for (const document of stream.documents.filter(isWorkload)) changes.set(document.name, document);
  compiler.moveWorkloads(changes, stream.now);
  return false;
}

type Counts = { looks: number; amended: number; anew: number; lost: number };
type Receiving = { readonly isLost: boolean; readonly stream: Stream };

/** Keeps what it is told unless that is lost, and then does not say that it has it. */
class Receiver {
  readonly compiler: HostCompiler;
  readonly #held = new Map<string, HostRulesetContent>();
  readonly #counts: Counts;

  constructor(compiler: HostCompiler, counts: Counts) {
    [this.compiler, this.#counts] = [compiler, counts];
  }

  receive(where: string, { isLost, stream }: Receiving): void {
    const { hosts } = this.compiler.take();
    const fresh = compileAll(worldOf(stream.documents, stream.now));
    for (const name of hosts.keys()) assert.ok(fresh.has(name), `${where}: ${name} is gone`);
    if (isLost) {
      this.#counts.lost += Number(hosts.size > 0);
      return;
    }
    for (const [name, { content, hash, change }] of hosts) {
      assert.equal(hash, contentHash(structuredClone(content)), `${where}: ${name}`);
      if (change !== null && change.base === this.#held.get(name)) {
        const addresses = amendPeerList(change.base.addresses, change.delta);
        assert.deepEqual({ ...change.base, addresses }, content, `${where}: ${name}`);
        assert.equal(change.narrows, narrows(change.base, content), `${where}: ${name}`);
        this.#counts.amended++;
      } else this.#counts.anew++;
      this.#held.set(name, content);
    }
    this.compiler.settle();
    assert.ok(this.compiler.isSettled);
    for (const name of this.#held.keys()) if (!fresh.has(name)) this.#held.delete(name);
    assert.deepEqual(sorted(this.#held), sorted(fresh), where);
    this.#counts.looks++;
  }
}

const web = workload('web-1', 'role=web', ['10.0.0.1']);
const db = workload('db-1', 'role=db', ['10.0.1.1']);
const rules = ruleset('shop', [rule('postgres', 'allow tcp/5432', ['role=web', 'role=db'])]);
const later = workload('web-2', 'role=web', ['10.0.0.2']);
const meaning = (...policy: Document[]): Meaning => ({ workloads: [web, db], policy, now: 0 });

function settled(...policy: Document[]): HostCompiler {
  const compiler = new HostCompiler(meaning(...policy));
  compiler.take();
  compiler.settle();
  return compiler;
}

const taken = (compiler: HostCompiler): string[] => [...compiler.take().hosts.keys()].sort();

test('K8 a host that cannot be compiled keeps what it has, and gets the next that can be', () => {
  const compiler = settled(rules);
  const many = Array.from({ length: classLimit + 1 }, (_, index) =>
    rule(`r${index}`, `allow tcp/${2 * index + 1}`, ['role=web', 'role=db']),
  );
  compiler.move(meaning(ruleset('shop', many)));
  const { hosts, problems } = compiler.take();
  assert.deepEqual([...hosts.keys()], []);
  assert.deepEqual([...problems].map(([name, { code }]) => `${name} ${code}`).sort(), [
    'db-1 too-many-classes',
    'web-1 too-many-classes',
  ]);
  compiler.settle();
  compiler.move(meaning(rules));
  const again = compiler.take();
  assert.deepEqual([...again.hosts.keys()].sort(), ['db-1', 'web-1']);
  assert.equal(again.problems.size, 0);
  const { content } = again.hosts.get('db-1') ?? assert.fail('it is compiled');
  assert.deepEqual(content, compileAll(worldOf([web, db, rules])).get('db-1'));
});

test('R6 while the policy is not what its authors wrote, nothing changes for anybody; then all that changed does', () => {
  const compiler = settled(rules);
  const broken = ruleset('more', [rule('https', 'allow tcp/443', ['list:partners', 'role=web'])]);
  compiler.move(meaning(rules, broken));
  compiler.moveWorkloads(new Map([[later.name, later]]), 0);
  const { hosts, problems } = compiler.take();
  assert.deepEqual([...hosts.keys()], []);
  assert.deepEqual(
    compiler.policyProblems.map(({ code }) => code),
    ['unknown-ip-list'],
  );
  assert.equal(problems.get('db-1')?.code, 'unknown-ip-list');
  compiler.settle();
  assert.equal(compiler.isSettled, false);
  compiler.move({ ...meaning(rules), workloads: [web, db, later] });
  const mended = compiler.take().hosts;
  assert.deepEqual(mended.get('db-1')?.content, compileAll(worldOf([web, db, later, rules])).get('db-1'));
  compiler.settle();
  assert.equal(compiler.isSettled, true);
});

const quiet: readonly (readonly [
  what: string,
  change: (compiler: HostCompiler) => void,
  changed: readonly string[],
])[] = [
  ['nothing', () => {}, []],
  ['the same again', (compiler) => compiler.move(meaning(rules)), []],
  ['a workload that says the same', (compiler) => compiler.moveWorkloads(new Map([['web-1', { ...web }]]), 5), []],
  ['a workload nobody knew goes', (compiler) => compiler.moveWorkloads(new Map([['x', null]]), 0), []],
  ['one more web', (compiler) => compiler.moveWorkloads(new Map([[later.name, later]]), 0), ['db-1', 'web-2']],
  ['the web goes', (compiler) => compiler.moveWorkloads(new Map([['web-1', null]]), 0), ['db-1']],
  ['the rule goes', (compiler) => compiler.move(meaning()), ['db-1', 'web-1']],
];
for (const [what, change, changed] of quiet)
  test(`J2 ${what}: ${changed.join(' and ') || 'nobody'} is compiled`, () => {
    const compiler = settled(rules);
    change(compiler);
    assert.deepEqual(taken(compiler), changed);
    assert.deepEqual(taken(compiler), changed, 'until it is settled');
    compiler.settle();
    assert.deepEqual(taken(compiler), []);
  });

test('J2 hosts that share everything share the list of their peers, before and after it changes', () => {
  const compiler = new HostCompiler({
    ...meaning(rules),
    workloads: [web, db, workload('db-2', 'role=db', ['10.0.1.2'])],
  });
  const lists = () => {
    const { hosts } = compiler.take();
    return [hosts.get('db-1'), hosts.get('db-2')].map((host) => host?.content.addresses ?? assert.fail('compiled'));
  };
  const [first, second] = lists();
  assert.equal(first, second);
  compiler.settle();
  compiler.moveWorkloads(new Map([[later.name, later]]), 0);
  const [third, fourth] = lists();
  assert.equal(third, fourth);
  assert.notEqual(third, first);
});

const isWorkload = (document: Document): document is WorkloadDocument => document.kind === 'Workload';
const sorted = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));

function meaningOf({ documents, now }: Pick<Stream, 'documents' | 'now'>): Meaning {
  return { workloads: documents.filter(isWorkload), policy: documents.filter((one) => !isWorkload(one)), now };
}

test('a ruleset beyond the budget is a problem of its host alone, also when addresses make it so later', () => {
  const compiler = new HostCompiler(meaning(rules), { elements: 1000, bytes: 10e6 });
  assert.equal(compiler.take().problems.size, 0);
  compiler.settle();
  const grown = (count: number) => {
    const addresses = Array.from({ length: count }, (_, n) => `10.8.${n >> 8}.${n & 255}`);
    return new Map([['web-1', workload('web-1', 'role=web', addresses)]]);
  };
  const large = () => [...compiler.take().problems].map(([name, { code }]) => `${name} ${code}`);
  compiler.moveWorkloads(grown(500), 0);
  assert.deepEqual(large(), []);
  compiler.settle();
  compiler.moveWorkloads(grown(1200), 0);
  assert.deepEqual(large(), ['db-1 host-too-large']);
  assert.equal(compiler.take().hosts.has('db-1'), false, 'it keeps what it has');
  compiler.settle();
  compiler.moveWorkloads(grown(100), 0);
  assert.deepEqual(large(), []);
  assert.equal(compiler.take().hosts.get('db-1')?.content.addresses.length, 100);
});
