import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { View } from '@bulkhead/model/decision.ts';
import { decideConnection, passes } from '@bulkhead/policy/decide.ts';
import { diff } from '@bulkhead/policy/diff.ts';
import { everybody } from '@bulkhead/policy/identity.ts';
import { resolveProbe, type Who } from '@bulkhead/policy/probe.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import type { World } from '@bulkhead/policy/world.ts';
import { type Asked, cellsOneByOne } from './one-by-one.ts';
import { seededRandom } from './random.ts';
import { randomNow } from './random-estate.ts';
import { randomSemantics } from './random-semantics.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 24);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const whos = 4;

test(`F7: what changes for some people is what asking one by one as them finds, ${runs} changes from seed ${firstSeed}`, () => {
  let [otherwise, compared] = [0, 0];
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const documents = randomSemantics(random).filter(({ kind }) => kind !== 'Logon');
    const before = worldOf(documents, randomNow);
    const rulesets = documents.filter((document) => document.kind === 'Ruleset');
    const gone = random.chance(0.7) ? rulesets.at(-1) : random.pick(rulesets);
    const left = worldOf(
      documents.filter((document) => document !== gone),
      randomNow,
    );
    const after = { policy: left.policy, estate: before.estate };
    const view = random.pick(['intended', 'effective'] as const);
    const difference = diff(before, after, view);
    const everyone = everybody(before.policy, 10_000) ?? assert.fail('a random policy names few');
    for (const who of [{}, ...random.some(everyone, whos, whos)]) {
      const theirs = difference.people?.find((one) => JSON.stringify(one.who) === JSON.stringify(who)) ?? difference;
      const asked = countChanges({ before, after }, { who, view });
      assert.deepEqual(
        [theirs.opened.cells, theirs.closed.cells],
        asked,
        `seed ${seed}, ${view}, ${JSON.stringify(who)}`,
      );
      compared++;
      if (theirs !== difference) otherwise++;
    }
  }
  assert.ok(otherwise * 16 > compared, `${otherwise} of ${compared} were otherwise`);
});

type Worlds = { readonly before: World; readonly after: World };
type Question = { readonly who: Who; readonly view: View };

function countChanges({ before, after }: Worlds, question: Question): readonly [opened: number, closed: number] {
  let [opened, closed] = [0, 0];
  for (const asked of cellsOneByOne([before, after])) {
    const [was, is] = [isOpen(before, asked, question), isOpen(after, asked, question)];
    if (is && !was) opened += asked.weight;
    if (was && !is) closed += asked.weight;
  }
  return [opened, closed];
}

function isOpen({ policy, estate }: World, { from, to, point }: Asked, { who, view }: Question): boolean {
  const connections = resolveProbe(estate, { from, to, service: 'tcp/1' });
  if (isProblem(connections)) return false;
  return connections.some((connection) => {
    const { outbound, inbound } = decideConnection(policy, estate, { ...connection, service: point, who });
    return passes(outbound[view], inbound[view]) === 'allow';
  });
}
