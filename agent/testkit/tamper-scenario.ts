import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { contentHash } from '@bulkhead/model/host-ruleset-text.ts';
import { FakeController } from './fake-controller.ts';
import { ruleset } from './rulesets.ts';
import { ended, openHost, worldAddress } from './two-hosts.ts';

/**
 * A real agent and kernel, and somebody who changes its rules so many times in each of the ways. Prints one line of
 * JSON: how long each change lasted, and what the agent said of the last one.
 */
const [, , folder = '', times = '3'] = process.argv;
const ways: readonly (readonly [title: string, command: string])[] = [
  ['an element removed', 'delete element inet bulkhead id4_COPY { 10.0.1.11 }'],
  ['an element added', 'add element inet bulkhead id4_COPY { 10.66.0.1 : 0:1 }'],
  ['a rule before ours', 'insert rule inet bulkhead input accept'],
  ['another policy', 'add chain inet bulkhead input { policy drop; }'],
  ['a map emptied', 'flush map inet bulkhead cells_in_0_COPY'],
  ['a chain flushed', 'flush chain inet bulkhead input'],
  ['the table flushed', 'flush table inet bulkhead'],
  ['everything flushed', 'flush ruleset'],
  ['the table deleted', 'delete table inet bulkhead'],
];

const host = await openHost();
const controller = await new FakeController().listen(worldAddress);
const endpoint = `https://${worldAddress}:${controller.endpoint.port}`;
const data = join(folder, 'data');
const agent = host.startAgent('--data', data, '--controller', endpoint, '--pairing-key', controller.pairingText);
await controller.until(() => controller.said('health').length > 0);
const guarded = ruleset(1, ['10.0.1.11', worldAddress]);
const [end] = guarded.content.ends;
if (end === undefined) throw new Error('a ruleset without an end');
const content = { ...guarded.content, ends: [{ ...end, outbound: { cells: [], miss: 1 } }] };
controller.send({ kind: 'ruleset', ruleset: { ...guarded, content, hash: contentHash(content) } });
await controller.until(() => controller.said('applied').length > 0);

/** Elements in any order: a hash lists them as it likes. */
const sorted = (_: string, elements: string) => `{ ${elements.split(', ').sort().join(', ')} }`;
/** What the table says, whichever of its two copies is in use and whatever was counted. */
function table(): string {
  const text = host.inHost('nft -nn list table inet bulkhead 2>/dev/null || true');
  return text
    .replace(/packets \d+ bytes \d+/g, '')
    .replace(/_[ab]\b/g, '_')
    .replace(/ c=[ab] /, ' ')
    .replace(/\{ (.*) \}/g, sorted)
    .split(/\n\n|\{\n(?=\t\w+ \w+ \{)/)
    .map((block) => block.replace(/\n\}\n$/, ''))
    .sort()
    .join('\n');
}
const copyInUse = () => / c=([ab]) /.exec(host.inHost('nft list chain inet bulkhead held'))?.[1] ?? 'a';
const saidLast = () => controller.said('health').at(-1)?.health;

const unlike = (a: string, b: string): string =>
  b
    .split('\n')
    .filter((line) => !a.includes(line))
    .join('\n') || 'something is missing';
const before = table();
const lasted: Record<string, number[]> = {};
const said: Record<string, string> = {};
for (const [title, command] of ways) {
  const measured: number[] = [];
  for (let i = 0; i < Number(times); i++) {
    // At other moments after the last look each time.
    await delay((i * 370) % 1100);
    const restored = saidLast()?.restored ?? 0;
    host.inHost(`nft '${command.replaceAll('COPY', copyInUse())}'`);
    const started = performance.now();
    if (table() === before) throw new Error(`nothing was changed by ${title}`);
    while (table() !== before) {
      if (performance.now() - started > 20_000)
        throw new Error(`${title} was not put back: ${unlike(before, table())}`);
      await delay(5);
    }
    measured.push(Math.round(performance.now() - started));
    if (i === Number(times) - 1) {
      await controller.until(() => (saidLast()?.restored ?? 0) > restored);
      said[title] = saidLast()?.problems.find((text) => text.includes('put back')) ?? '';
    }
  }
  lasted[title] = measured.sort((a, b) => a - b);
}
agent.kill('SIGTERM');
await ended(agent);
process.stdout.write(`${JSON.stringify({ lasted, said })}\n`);
controller.close();
host.close();
process.exit(0);
