import assert from 'node:assert/strict';
import test from 'node:test';
import { loadDocuments } from '@bulkhead/model/load.ts';
import { compileHost } from '@bulkhead/policy/compile.ts';
import { buildEstate } from '@bulkhead/policy/estate.ts';
import { buildPolicy } from '@bulkhead/policy/policy.ts';
import { firstRules } from './first-rules.ts';

/** The first rules of `web-1` under this policy, one line each. */
function linesOf(policy: string): string[] {
  const text = `{kind: Workload, name: web-1, labels: {role: web}, addresses: [10.0.1.11]}\n---\n${policy}`;
  const { documents, problems } = loadDocuments([{ file: 'p.yaml', text }]);
  assert.deepEqual(problems, []);
  const { estate } = buildEstate(documents);
  const { policy: built } = buildPolicy(documents, estate, 0);
  assert.ok(built);
  const content = compileHost({ estate, policy: built, now: 0 }, 'web-1');
  assert.ok('ends' in content);
  return firstRules(content).map(
    ({ tier, rule, direction, verdict, peers, services }) =>
      `${tier} ${rule} ${verdict} ${direction} ${peers.join('|')} ${services.join('|')}`,
  );
}

const mode = (name: string) => `{kind: Mode, selector: "", inbound: ${name}, outbound: ${name}}`;
const admins = `{kind: Lifeline, name: admins, ssh: [10.9.0.0/16]}`;
const rescue =
  '{kind: Ruleset, name: help, tier: rescue, rules: [{name: console, allow: tcp/2222, from: {prefix: 192.0.2.7/32}, to: ""}]}';
const shop = '{kind: Ruleset, name: shop, rules: [{name: web, allow: tcp/80, from: {any: true}, to: ""}]}';

test('lifeline stands before rescue, and nothing else is there', () => {
  const lines = linesOf([mode('enforce'), admins, rescue, shop].join('\n---\n'));
  const tiers = lines.map((line) => line.split(' ')[0]);
  assert.deepEqual(tiers, [...tiers].sort());
  assert.ok(
    lines.some((line) => /^lifeline \S*admins-ssh allow inbound \S.* tcp\/22$/.test(line)),
    lines.join('\n'),
  );
  assert.ok(
    lines.some((line) => /^rescue help\/console allow inbound \S.* tcp\/2222$/.test(line)),
    lines.join('\n'),
  );
  assert.ok(!lines.some((line) => line.includes('shop/web')));
});

for (const name of ['enforce', 'observe'])
  test(`what is built in holds under ${name} without a document`, () => {
    const lines = linesOf(mode(name));
    assert.ok(lines.length > 0 && lines.every((line) => line.startsWith('lifeline ')), lines.join('\n'));
  });

test('services of several ICMP types are said type by type', () => {
  const found = linesOf(mode('enforce')).find((line) =>
    line.startsWith('lifeline lifeline/neighbour-discovery allow in'),
  );
  assert.match(found ?? '', / icmpv6\/130\|icmpv6\/131\|.*icmpv6\/137\|icmpv6\/143$/);
});
