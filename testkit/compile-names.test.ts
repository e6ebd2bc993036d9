import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Decision } from '@bulkhead/model/decision.ts';
import type { Document } from '@bulkhead/model/documents.ts';
import type { HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { decidePacket, type HostPacket } from '@bulkhead/model/host-ruleset-decision.ts';
import { findBrokenInvariant } from '@bulkhead/model/host-ruleset-invariants.ts';
import { addressFamily } from '@bulkhead/net/address.ts';
import { alike } from '@bulkhead/policy/alike.ts';
import { compileAll, compileWidened } from '@bulkhead/policy/compile.ts';
import { isProblem } from '@bulkhead/policy/problems.ts';
import { narrows } from '@bulkhead/policy/ruleset/narrows.ts';
import { address } from './documents.ts';
import { isBelow, namedRulesets } from './names.ts';
import { oracleEnd } from './oracle.ts';
import { oracleTiers } from './oracle-tiers.ts';
import { type Random, seededRandom } from './random.ts';
import { randomChange } from './random-change.ts';
import { probedAddresses, randomDocuments, randomNow } from './random-estate.ts';
import { randomService, randomSide, unnamedSide } from './random-probes.ts';
import { randomDomains } from './random-semantics.ts';
import { worldOf } from './world.ts';

const runs = Number(process.env.PROPERTY_RUNS ?? 150);
const firstSeed = Number(process.env.PROPERTY_SEED ?? 1);
const questionsEach = 120;

test(`Y5 Y6: an address that is learned for names is judged as that address and those names, ${runs} estates from seed ${firstSeed}`, () => {
  const counts = { asked: 0, changed: 0, allowed: 0, denied: 0, nested: 0, several: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const documents = randomNamed(random);
    const contents = compileAll(worldOf(documents, randomNow));
    for (const content of contents.values()) {
      assert.ok(!isProblem(content));
      assert.equal(findBrokenInvariant(content), null, `seed ${seed}`);
      if (isNested(content)) counts.nested++;
    }
    for (let index = 0; index < questionsEach; index++) {
      const question = randomQuestion(random, documents);
      const content = contents.get(question.from.workload.name);
      if (content === undefined || isProblem(content) || !isFor(content, question)) continue;
      const expected = oracleEnd(documents, randomNow, { ...question, direction: 'outbound' });
      const packet = packetOf(content, question);
      const where = `seed ${seed}, ${question.from.workload.name}, ${JSON.stringify(question.to.alsoNamed)}, ${packet.peer}, ${packet.service}`;
      const actual = judged(content, packet);
      assert.deepEqual(actual, expected, where);
      counts.asked++;
      counts[actual.effective.verdict === 'allow' ? 'allowed' : 'denied']++;
      if ((packet.names?.size ?? 0) > 1) counts.several++;
      const { names: _, ...nameless } = packet;
      if (actual.intended.rule !== judged(content, nameless).intended.rule) counts.changed++;
    }
  }
  const { asked, changed, allowed, denied, nested, several } = counts;
  assert.ok(asked > 40 * runs && changed > asked / 20 && several > asked / 20, JSON.stringify(counts));
  assert.ok(allowed > asked / 10 && denied > asked / 10 && nested > runs / 10, JSON.stringify(counts));
});

test(`K6 K7 Y6: names are widened and narrowed by as addresses are, ${runs} changes from seed ${firstSeed}`, () => {
  const counts = { reopened: 0, narrowed: 0, kept: 0 };
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const random = seededRandom(seed);
    const documents = randomNamed(random);
    const inputs = { before: worldOf(documents, randomNow), after: worldOf(changed(random, documents), randomNow) };
    const [befores, afters] = [compileAll(inputs.before), compileAll(inputs.after)];
    for (const [name, before] of befores) {
      const after = afters.get(name);
      const widened = after === undefined ? undefined : compileWidened(inputs.before, inputs.after, name);
      if (after === undefined || widened === undefined || alike(before, after)) continue;
      assert.ok(!isProblem(before) && !isProblem(after) && !isProblem(widened), `seed ${seed}`);
      assert.equal(findBrokenInvariant(widened), null, `seed ${seed}, ${name}`);
      let closed = false;
      for (let index = 0; index < questionsEach / 2; index++) {
        const question = randomQuestion(random, documents, name);
        const asked = (content: HostRulesetContent): Decision => judged(content, packetOf(content, question));
        const was = asked(before);
        const is = asked(after);
        const between = asked(widened);
        const allowed = was.effective.verdict === 'allow' || is.effective.verdict === 'allow';
        const where = `seed ${seed}, ${name}, ${JSON.stringify(question.to)}, ${question.service}`;
        assert.equal(between.effective.verdict, allowed ? 'allow' : 'deny', where);
        assert.deepEqual(between.intended, is.intended, where);
        if (was.effective.verdict === 'allow' && is.effective.verdict === 'deny') closed = true;
      }
      if (closed) counts.reopened++;
      if (closed) assert.equal(narrows(before, after), true, `seed ${seed}, ${name}`);
      counts[narrows(before, after) ? 'narrowed' : 'kept']++;
      assert.equal(narrows(before, widened), false, `seed ${seed}, ${name}: widening never narrows`);
      assert.equal(narrows(after, widened), false, `seed ${seed}, ${name}: widening never narrows`);
    }
  }
  assert.ok(
    Object.values(counts).every((count) => count > runs / 6),
    JSON.stringify(counts),
  );
});

/** An estate whose policy names domains in several tiers. */
function randomNamed(random: Random): Document[] {
  const documents = randomDocuments(random);
  const tiers = oracleTiers(documents).flatMap((group) => group.tiers);
  return [...documents, ...namedRulesets(random, ['emergency', ...random.some(tiers.slice(3), 1, 3)])];
}

/** Other rules, or the same to other names or in another state. */
function changed(random: Random, documents: readonly Document[]): Document[] {
  if (random.chance(0.3)) return randomChange(random, documents);
  return documents.map((document) => {
    if (document.kind !== 'Ruleset' || !document.name.startsWith('named-')) return document;
    const rules = document.rules.filter(() => random.chance(0.7));
    return { ...document, rules: rules.map((rule) => (random.chance(0.2) ? { ...rule, state: 'staged' } : rule)) };
  });
}

type Question = {
  readonly from: ReturnType<typeof randomSide> & { readonly workload: { readonly name: string } };
  readonly to: ReturnType<typeof randomSide> & { readonly alsoNamed: readonly string[] };
  readonly service: number;
};

/** From an address of an enforced workload to one of the same family, which is some names as well. */
function randomQuestion(random: Random, documents: readonly Document[], name?: string): Question {
  for (;;) {
    const from = randomSide(random, documents);
    const { workload } = from;
    if (workload === null || !workload.enforced || (name !== undefined && workload.name !== name)) continue;
    const picked = random.chance(0.5) ? address(random.pick(probedAddresses)) : randomSide(random, documents).address;
    if (picked === null) continue;
    if (from.address !== null && addressFamily(from.address) !== addressFamily(picked)) continue;
    const to = unnamedSide(documents, from.network, picked);
    const alsoNamed = random.some([...randomDomains, 'www.example.com', 'x.api.example.com'], 0, 3);
    return { from: { ...from, workload }, to: { ...to, alsoNamed }, service: randomService(random) };
  }
}

/** A guest's ruleset judges its own addresses (SPEC G3). */
const isFor = ({ local }: HostRulesetContent, { from }: Question): boolean =>
  local === undefined || (from.address !== null && local.includes(from.address));

/** What an agent makes of names that were answered: each pattern of the ruleset that covers one of them. */
function packetOf({ names = [] }: HostRulesetContent, { from, to, service }: Question): HostPacket {
  const covering = names.map(({ name }) => name).filter((name) => to.alsoNamed.some((one) => isBelow(name, one)));
  const peer = to.address ?? assert.fail('a peer of a packet has an address');
  return { local: from.address, peer, service, direction: 'outbound', names: new Set(covering) };
}

function judged(content: HostRulesetContent, packet: HostPacket): Decision {
  const { effective, intended } = decidePacket(content, packet);
  return { effective, intended };
}

/** Some decision of some decision's names looks at names itself: the views differ in which name comes first. */
const isNested = ({ decisions }: HostRulesetContent): boolean =>
  decisions.some(({ named = [] }) => named.some(({ decision }) => decisions[decision]?.named !== undefined));
