import assert from 'node:assert/strict';
import test from 'node:test';
import { missing, runScenario } from './testkit/scenario.ts';

type Named = { readonly said: string; readonly seconds: number };
type Seen = { readonly byRule: Named; readonly byPolicy: Named; readonly onTheWayOut: Named };

test('what another firewall drops is named, and uninstalled the host is as it was', {
  skip: missing(),
  timeout: 240_000,
}, async (t) => {
  const { byRule, byPolicy, onTheWayOut, ...seen } = (await runScenario(t, 'neighbours')) as Seen & object;
  const says = (what: string, by: string) => new RegExp(`rule shop/web-to-api allows: ${what}, by ${by}$`);
  assert.match(
    byRule.said,
    says('10.9.0.2 to 10.9.0.1 tcp/8080', 'the rule "tcp dport 8080 counter .*drop" of chain in in table inet theirs'),
  );
  assert.match(byPolicy.said, says('10.9.0.2 to 10.9.0.1 tcp/8081', 'the policy of chain in in table ip closed'));
  assert.match(
    onTheWayOut.said,
    says('10.9.0.1 to 10.9.0.2 udp/5353', 'the rule "udp dport 5353 drop" of chain out in table ip sends'),
  );
  t.diagnostic(`named after ${[byRule, byPolicy, onTheWayOut].map(({ seconds }) => `${seconds} s`).join(', ')}`);
  assert.deepEqual(seen, {
    nobody: [],
    traces: false,
    whileRunning: [1, (seen as { whileRunning: unknown[] }).whileRunning[1]],
    // The hash that is printed is that of what was there before the agent came.
    gone: [0, true, true],
    asBefore: true,
    filesLeft: '0',
  });
});
