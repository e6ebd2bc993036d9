import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '@bulkhead/model/decision.ts';
import type { Document, VirtualServiceDocument } from '@bulkhead/model/documents.ts';
import { intervals } from '@bulkhead/net/intervals.ts';
import { parseServiceRange } from '@bulkhead/net/service-space.ts';
import { decide, decideLeg, passes } from '@bulkhead/policy/decide.ts';
import { legsOf } from '@bulkhead/policy/deciding/legs.ts';
import { type Change, diff } from '@bulkhead/policy/diff.ts';
import { countServices } from '@bulkhead/policy/language/service-sets.ts';
import { canMeet, resolveProbe } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { findPrunable, withoutRules } from '@bulkhead/policy/removal.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { except, rule, ruleset } from './documents.ts';
import { pairVerdictsOf, piecesOf } from './one-by-one.ts';
import { type Random, seededRandom } from './random.ts';
import { randomNow } from './random-estate.ts';
import { randomSemantics } from './random-semantics.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 60);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);

test(`F3 V3: what opens and closes to frontends is what asking one by one finds, ${runs} changes from seed ${firstSeed}`, () => {
  const told = { opened: 0, closed: 0, members: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const { documents, changed } = randomChange(random);
    const sides = random.chance(0.5) ? [documents, changed] : [changed, documents];
    const [before, after] = sides.map((side) => worldOf(side, randomNow));
    assert.ok(before !== undefined && after !== undefined);
    const view = random.pick(['intended', 'effective'] as const);
    const difference = diff(before, after, view);
    const asked = countChanges(before, after, view);
    told.members += asked.members;
    for (const way of ['opened', 'closed'] as const) {
      const where = `seed ${seed}, ${view}, ${way}`;
      const fronts: ReadonlySet<string> = new Set([before, after].flatMap(addressesOf));
      assert.equal(sizeOf(difference[way], fronts), asked[way], where);
      const [open, shut] = way === 'opened' ? [after, before] : [before, after];
      checkExamples(difference[way], { open, shut, view }, where);
      told[way] += Number(asked[way] > 0);
    }
  }
  assert.ok(Math.min(told.opened, told.closed, told.members) > runs / 50, JSON.stringify(told));
});

test(`A6 V3: pruning changes nothing at frontends, ${runs} policies from seed ${firstSeed}`, () => {
  let pruned = 0;
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const world = worldOf(randomChange(seededRandom(seed)).documents, randomNow);
    const ids = new Set(findPrunable(world));
    const rest = { ...world, policy: withoutRules(world.policy, ids) };
    for (const to of new Set(addressesOf(world))) {
      for (const from of world.estate.byName.keys()) {
        for (const { point } of piecesOf([world])) {
          const cell = { from, to, point };
          const where = `seed ${seed}: ${[...ids]}, ${JSON.stringify(cell)}`;
          assert.equal(pairVerdictsOf(rest, cell), pairVerdictsOf(world, cell), where);
        }
      }
    }
    pruned += ids.size;
  }
  assert.ok(pruned > runs / 4, `${pruned} rules`);
});

/** Rules about members, and one of them, a label or a virtual service that changes. */
function randomChange(random: Random): { readonly documents: Document[]; readonly changed: Document[] } {
  const rest = randomSemantics(random).filter(({ kind }) => kind !== 'Logon');
  const rules = Array.from({ length: 4 }, (_, index) => {
    const what = `${random.pick(['allow', 'allow', 'allow', 'deny'])} ${random.pick(['all', 'tcp', 'tcp/443'])}`;
    const ends = [random.pick(['', 'any', 'role=web']), random.pick(['', 'any', '10.9.0.0/16', 'role=api'])] as const;
    const holes = random.chance(0.2) ? [except('env=dev', null, null)] : [];
    return rule(`f${index}`, what, ends, { at: random.pick(['both', 'source', 'destination']), except: holes });
  });
  // So that members often are the only ones who object.
  const out = rule('out', 'allow all', ['', '10.9.0.0/16'], { at: 'source' });
  const own = ruleset('fronts', random.chance(0.7) ? [...rules, out] : rules);
  const documents = [...rest, own];
  const what = random.pick(['rule', 'rule', 'label', 'virtual'] as const);
  if (what === 'rule')
    return { documents, changed: [...rest, { ...own, rules: own.rules.toSpliced(random.below(own.rules.length), 1) }] };
  const victim = random.pick(rest.filter(({ kind }) => kind === (what === 'label' ? 'Workload' : 'VirtualService')));
  return { documents, changed: documents.map((one) => (one === victim ? altered(random, one) : one)) };
}

function altered(random: Random, document: Document): Document {
  if (document.kind === 'Workload')
    return { ...document, labels: { ...document.labels, role: random.pick(['api', 'db']) } };
  if (document.kind !== 'VirtualService') return document;
  const { members, snat } = document;
  const without: VirtualServiceDocument = { ...document, snat: snat === null ? null : [] };
  return random.chance(0.5) ? without : { ...document, members: { ...members, ports: [] } };
}

const addressesOf = ({ policy }: World): string[] =>
  policy.virtualServices.flatMap(({ frontends }) => frontends.map(({ address }) => address));

/** Workloads times services. */
const sizeOf = ({ addressRectangles }: Change, fronts: ReadonlySet<string>): number =>
  addressRectangles.reduce((sum, { workloads, services, example }) => {
    if (!fronts.has(example.to)) return sum;
    const ranges = services.map((text) => parseServiceRange(text) ?? assert.fail(text));
    return sum + workloads * countServices(intervals(ranges));
  }, 0);

/** `members`: pieces that change though the source decides as before. */
function countChanges(before: World, after: World, view: View) {
  const counted = { opened: 0, closed: 0, members: 0 };
  const claimed = (address: string) =>
    [before, after].some(({ estate }) =>
      estate.workloads.some(({ addresses }) => addresses.some((own) => own.address === address)),
    );
  const fronts = new Set([before, after].flatMap(addressesOf));
  for (const to of [...fronts].filter((address) => !claimed(address))) {
    for (const from of before.estate.workloads.map(({ name }) => name)) {
      for (const { point, weight } of piecesOf([before, after])) {
        const [was, is] = [before, after].map((world) => verdictOf(world, { from, to, point }, view));
        if (was === undefined || is === undefined || was.open === is.open) continue;
        counted[is.open ? 'opened' : 'closed'] += weight;
        if (was.outbound === is.outbound) counted.members++;
      }
    }
  }
  return counted;
}

type Asked = { readonly from: string; readonly to: string; readonly point: number };

/** Open where some address of the source reaches some member, or the address where there is none (SPEC V3, V4). */
function verdictOf({ policy, estate }: World, { from, to, point }: Asked, view: View) {
  const connections = resolveProbe(estate, { from, to, service: 'tcp/1' });
  assert.ok(!isProblem(connections));
  const decided = connections.filter(canMeet).flatMap((connection) =>
    legsOf(policy, estate, { ...connection, service: point }).map((leg) => {
      const { outbound, inbound } = decideLeg(policy, estate, leg);
      return { outbound: outbound[view].verdict, verdict: passes(outbound[view], inbound[view]) };
    }),
  );
  return {
    open: decided.some(({ verdict }) => verdict === 'allow'),
    outbound: decided.map(({ outbound }) => outbound).join(),
  };
}

type Claim = { readonly open: World; readonly shut: World; readonly view: View };

function checkExamples({ addressRectangles }: Change, { open, shut, view }: Claim, where: string): void {
  for (const { example } of addressRectangles) {
    const [yes, no] = [open, shut].map(({ policy, estate }) => decide(policy, estate, example));
    assert.ok(yes !== undefined && no !== undefined && !isProblem(yes) && !isProblem(no), where);
    assert.notEqual(yes[view].verdict, 'deny', `${where}: ${JSON.stringify(example)}`);
    assert.equal(no[view].verdict, 'deny', `${where}: ${JSON.stringify(example)}`);
  }
}
