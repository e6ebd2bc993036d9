import type { AddressDelta, HostRuleset, HostRulesetContent } from '@bulkhead/model/host-ruleset.ts';
import { decidePacket } from '@bulkhead/model/host-ruleset-decision.ts';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { type Random, seededRandom } from '@bulkhead/testkit/random.ts';
import { checkProbes, loadKernel, openWire, readBack, type Wire } from './agreement.ts';
import { casesOfKernel, type KernelCases } from './kernel-cases.ts';
import { openKernelNet } from './kernel-net.ts';
import type { Probe } from './probes.ts';

const kernels = 2;
const steps = 10;
const packets = 120;

/**
 * Random places change, whole or by single addresses, one after another on one kernel: after each change every place
 * reads back as if it had been loaded from scratch, and packets meet what it says now.
 */
export async function checkChangeSequences(seed: number): Promise<string[]> {
  const net = await openKernelNet('routed');
  const wire = await openWire(net);
  const wrong: string[] = [];
  for (let kernel = 0; kernel < kernels && wrong.length === 0; kernel++) {
    const cases = withGuests(seed + 1000 * kernel);
    const unsettle = await loadKernel(net, cases);
    wrong.push(...(await change(wire, cases)));
    await unsettle();
    await net.spots.host.run('nft', 'delete', 'table', 'inet', 'bulkhead');
  }
  await wire.close();
  await net.close();
  console.log(`  ${kernels * steps} changes of random places, each read back whole and met by ${packets} packets`);
  return wrong;
}

function withGuests(seed: number): KernelCases {
  for (let at = seed; ; at++) {
    const cases = casesOfKernel(at, packets);
    if (cases.rulesets.length > 1) return cases;
  }
}

async function change(wire: Wire, cases: KernelCases): Promise<string[]> {
  const random = seededRandom(cases.seed);
  const rulesets = [...cases.rulesets];
  for (let step = 1; step <= steps; step++) {
    const place = random.below(rulesets.length);
    const before = rulesets[place];
    if (before === undefined) continue;
    const byAddress = random.chance(0.5);
    const content = byAddress ? otherPeers(random, before.content) : otherVerdicts(random, before.content);
    const next = numbered(before, content, random);
    rulesets[place] = next;
    const failed = await make(wire, { place, before, next, byAddress });
    const now: KernelCases = { ...cases, rulesets };
    const wrong = [
      ...(failed === null ? [] : [failed]),
      ...(await readBack(wire.net, now)),
      ...(await checkProbes(
        wire,
        cases.probes.map((probe) => judgedAnew(probe, rulesets)),
      )),
    ];
    if (wrong.length > 0) return wrong.map((line) => `after step ${step}, place ${place}: ${line}`);
  }
  return [];
}

type Change = {
  readonly place: number;
  readonly before: HostRuleset;
  readonly next: HostRuleset;
  readonly byAddress: boolean;
};

async function make({ net }: Wire, { place, before, next, byAddress }: Change): Promise<string | null> {
  const backEnd = net.backEnds[place];
  const base = await backEnd?.held();
  if (backEnd === undefined || base?.kind !== 'done' || base.value === null) return 'the kernel holds nothing';
  const addresses = difference(before.content, next.content);
  const done = byAddress ? await backEnd.amend({ base: base.value, next, addresses }) : await backEnd.replace(next);
  return done.kind === 'done' ? null : done.message;
}

function numbered(before: HostRuleset, content: HostRulesetContent, random: Random): HostRuleset {
  const revision = random.chance(0.5) ? before.revision : (before.revision % 0xffff) + 1;
  return { ...before, content, revision, generation: before.generation + 1, hash: contentHash(content) };
}

function otherPeers(random: Random, content: HostRulesetContent): HostRulesetContent {
  const { identities } = content;
  const kept = content.addresses.filter(() => random.chance(0.8));
  const addresses = kept.map((peer) => (random.chance(0.2) ? { ...peer, identity: random.pick(identities).id } : peer));
  return { ...content, addresses };
}

function difference(before: HostRulesetContent, next: HostRulesetContent): AddressDelta {
  const key = (peer: { address: string; identity: number }) => `${peer.address} ${peer.identity}`;
  const [old, now] = [new Set(before.addresses.map(key)), new Set(next.addresses.map(key))];
  return {
    removed: before.addresses.filter((peer) => !now.has(key(peer))),
    added: next.addresses.filter((peer) => !old.has(key(peer))),
  };
}

function otherVerdicts(random: Random, content: HostRulesetContent): HostRulesetContent {
  const decisions = content.decisions.map((decision) => {
    if (random.chance(0.6)) return decision;
    const verdict = decision.effective.verdict === 'allow' ? 'deny' : 'allow';
    return { ...decision, effective: { ...decision.effective, verdict } } as const;
  });
  return { ...content, decisions };
}

/** No policy says what these rulesets say, so the rulesets are asked. */
function judgedAnew(probe: Probe, rulesets: readonly HostRuleset[]): Probe {
  const ends = probe.ends.map((end) => {
    const content = rulesets[end.place]?.content;
    return content === undefined ? end : { ...end, expected: decidePacket(content, end.judged) };
  });
  return { ...probe, ends };
}
