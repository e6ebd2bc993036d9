import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requirementsMatch } from '@bulkhead/model/requirements.ts';
import { parseSelector } from '@bulkhead/model/selector.ts';
import { seededRandom } from '@bulkhead/testkit/random.ts';
import { liesIn } from './lies-in.ts';

const requirements = (text: string) => {
  const parsed = parseSelector(text, null);
  return parsed.kind === 'ok' ? parsed.selector.requirements : assert.fail(`${text}: ${parsed.problem.message}`);
};

const cases: readonly (readonly [inner: string, outer: string, lies: boolean])[] = [
  ['', '', true],
  ['app=shop', '', true],
  ['', 'app=shop', false],
  ['app=shop', 'app=shop', true],
  ['app=shop,env=prod', 'app=shop', true],
  ['app=shop', 'app=shop,env=prod', false],
  ['app=pay', 'app=shop', false],
  ['app in (shop,pay)', 'app=shop', false],
  ['app=shop', 'app in (shop,pay)', true],
  ['app in (shop,pay),app!=pay', 'app=shop', true],
  ['app in (shop,pay),app in (shop,till)', 'app=shop', true],
  ['app', 'app=shop', false],
  ['app=shop', 'app', true],
  ['app!=pay', 'app', false],
  ['app!=pay,app', 'app', true],
  ['app!=pay', 'app=shop', false],
  ['app=shop', 'app!=pay', true],
  ['app=pay', 'app!=pay', false],
  ['!app', 'app!=pay', true],
  ['!app', 'app=shop', false],
  ['!app', '!app', true],
  ['app=shop', '!app', false],
  ['', '!app', false],
  ['app notin (a,b)', 'app!=a', true],
  ['app!=a', 'app notin (a,b)', false],
  ['app=', 'app', true],
  ['app=', '!app', false],
];

for (const [inner, outer, lies] of cases)
  test(`O3 "${inner}" lies ${lies ? '' : 'not '}in "${outer}"`, () =>
    assert.equal(liesIn(requirements(inner), requirements(outer)), lies));

const seed = Number(process.env.SEED ?? 1);
const conditions = ['a=1', 'a=2', 'a', '!a', 'a!=1', 'a in (1,2)', 'a notin (1,3)', 'b=1', 'b', '!b', 'b!=2'];
const values = [undefined, '1', '2', '3', 'another'];

test(`O3 what lies in another matches nobody that the other does not, seed ${seed}`, () => {
  const random = seededRandom(seed);
  const counts = { inside: 0, outside: 0 };
  for (let round = 0; round < 5000; round++) {
    const [inner, outer] = [random.some(conditions, 0, 3), random.some(conditions, 0, 2)].map((one) =>
      requirements(one.join(',')),
    ) as [ReturnType<typeof requirements>, ReturnType<typeof requirements>];
    const everybody = values.flatMap((a) => values.map((b) => ({ ...(a && { a }), ...(b && { b }) })));
    const missed = everybody.some((labels) => requirementsMatch(inner, labels) && !requirementsMatch(outer, labels));
    if (liesIn(inner, outer)) assert.ok(!missed, JSON.stringify({ inner, outer }));
    counts[missed ? 'outside' : 'inside']++;
    // What matches somebody and lies inside is known to.
    if (!missed && everybody.some((labels) => requirementsMatch(inner, labels)))
      assert.ok(liesIn(inner, outer), JSON.stringify({ inner, outer }));
  }
  assert.ok(counts.inside > 500 && counts.outside > 500, JSON.stringify(counts));
});
