import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { parseDemoOptions } from './demo-options.ts';
import { parseFile } from './lab-input.ts';
import { isClean, leftovers, networkNamespaces } from './leftovers.ts';
import { defaultFile } from './options.ts';
import { missingRequirements } from './requirements.ts';
import { cgroupOf, repository } from './site.ts';

const run = `/run/bulkhead-lab-demo-test-${process.pid}`;
/** Where the demo makes its temporary directory; whatever is left shows here. */
const temporary = mkdtempSync(`${tmpdir()}/bulkhead-demo-test-`);
after(() => rmSync(temporary, { recursive: true, force: true }));

function skipReason(): string | false {
  const { lab } = parseFile(defaultFile);
  const missing = lab === null ? [] : missingRequirements(lab, cgroupOf(run)).map((problem) => problem.message);
  const helper = `${repository}/native/build/bulkhead-helper`;
  if (!existsSync(helper)) missing.push('the native helper is not built');
  return missing.length === 0 ? false : missing.join('; ');
}

/** Starts the demo below a shell, as npm does; resolves with its PID when everything runs. */
async function startDemo(): Promise<{ shell: ChildProcess; demo: number }> {
  const words = `${process.execPath} ${repository}/lab/demo.ts --listen 127.0.0.1:0 --run ${run}`;
  const shell = spawn('sh', ['-c', `${words} & echo "pid $!"; wait $!`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: temporary },
  });
  let said = '';
  for await (const chunk of shell.stdout.setEncoding('utf8')) {
    said += chunk;
    if (said.includes('agents connected')) return { shell, demo: Number(/pid (\d+)/.exec(said)?.[1]) };
  }
  return assert.fail(`the demo ended: ${said}`);
}

async function untilNothingIsLeft(namespaces: ReadonlySet<string>): Promise<void> {
  const deadline = Date.now() + 30_000;
  const controller = () => leftovers(temporary, new Set()).processes;
  const files = () => readdirSync(temporary);
  while (!isClean(leftovers(run, namespaces)) || controller().length + files().length > 0) {
    if (Date.now() > deadline) assert.fail(JSON.stringify([leftovers(run, namespaces), controller(), files()]));
    await delay(100);
  }
}

describe('the demo leaves nothing behind', { skip: skipReason() }, () => {
  const ends: readonly (readonly [what: string, kill: (pids: { shell: number; demo: number }) => void])[] = [
    ['SIGKILL of it', ({ demo }) => process.kill(demo, 'SIGKILL')],
    ['SIGKILL of who started it', ({ shell }) => process.kill(shell, 'SIGKILL')],
    ['SIGINT to it', ({ demo }) => process.kill(demo, 'SIGINT')],
  ];
  for (const [what, kill] of ends) {
    test(`after ${what}`, async () => {
      const { shell, demo } = await startDemo();
      const namespaces = networkNamespaces(run);
      assert.equal(namespaces.size, 15, 'the router and 14 hosts');
      kill({ shell: shell.pid ?? 0, demo });
      if (shell.exitCode === null && shell.signalCode === null) await once(shell, 'exit');
      await untilNothingIsLeft(namespaces);
    });
  }
});

/** Parts of a demo to be killed under it, by their command lines, and what the demo says then. */
const parts: readonly (readonly [what: string, command: string, said: RegExp])[] = [
  ['the owner of the estate', `main.ts up --foreground --run ${run}`, /ends because its estate ended/],
  ['the controller', `controller/main.ts up --data ${temporary}`, /ends because its controller ended.*\S/s],
];

describe('the demo says why it ends', { skip: skipReason() }, () => {
  for (const [what, command, said] of parts) {
    test(`when somebody kills ${what}`, async () => {
      const { shell } = await startDemo();
      const namespaces = networkNamespaces(run);
      const heard = text(shell.stderr as Readable);
      const lines = [...leftovers(run, new Set()).processes, ...leftovers(temporary, new Set()).processes];
      const victim = lines.find((line) => line.includes(command) && !line.includes('.sh '));
      process.kill(Number(victim?.split(' ')[0]), 'SIGKILL');
      if (shell.exitCode === null) await once(shell, 'exit');
      assert.equal(shell.exitCode, 3);
      assert.match(await heard, said);
      await untilNothingIsLeft(namespaces);
    });
  }
});

describe('options of the demo', () => {
  for (const words of [['--nope'], ['--run', '/etc'], ['extra']]) {
    test(`${words.join(' ')} is refused`, () => {
      const parsed = parseDemoOptions(words);
      assert.ok('text' in parsed && parsed.exit === 2);
    });
  }
  test('a data directory that was named is kept', () => {
    const parsed = parseDemoOptions(['--data', temporary]);
    assert.ok('data' in parsed && !parsed.temporary && parsed.data === temporary);
  });
});
