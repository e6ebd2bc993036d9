/**
 * A clean clone and one command: the demo runs, its one-time link opens in a real browser, and the map has edges. Then
 * Ctrl-C, and nothing is left.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { missingBrowser, openBrowser, openWindow, picture, signUp } from './browser.ts';
import { traces } from './left-behind.ts';
import { checks, repository, until } from './scenario.ts';

const { say, check, fail, finish } = checks('fresh-start');
const folder = mkdtempSync(join(tmpdir(), 'bulkhead-fresh-start-'));
const clone = join(folder, 'bulkhead');
const run = `/run/bulkhead-lab-fresh-${process.pid}`;
const machine = traces(run);

async function main(): Promise<number> {
  const missing = process.getuid?.() === 0 ? missingBrowser() : 'not root, uid 0 is needed for network namespaces';
  if (missing !== null) {
    console.error(`Cannot run fresh-start: ${missing}`);
    return 3;
  }
  const cloned = spawnSync('git', ['clone', '--quiet', repository, clone], { stdio: 'inherit' });
  check('a clean clone', cloned.status === 0);
  const demo = startDemo();
  try {
    const link = await setupLink(demo);
    await lookAtTheMap(link);
  } catch (error) {
    fail(error);
    console.log(demo.said().slice(-4000));
  } finally {
    await end(demo);
    rmSync(folder, { recursive: true, force: true });
  }
  return finish();
}

type Demo = ReturnType<typeof startDemo>;

/** As in a terminal: in a process group of its own, all of which hears Ctrl-C. */
function startDemo() {
  const words = ['start', '--', '--listen', '127.0.0.1:0', '--run', run];
  const child = spawn('npm', words, { cwd: clone, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (piece) => {
      text += piece;
    });
  }
  return { child, said: () => text };
}

async function setupLink({ child, said }: Demo): Promise<URL> {
  const started = Date.now();
  const link = await until(
    'the demo to print its address',
    async () => {
      if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}`);
      return /https:\/\/\S+\/setup#\S+/.exec(said())?.[0] ?? null;
    },
    { seconds: 600, seen: () => said().slice(-300) },
  );
  machine.lookAround();
  say(`npm start printed its address after ${((Date.now() - started) / 1000).toFixed(0)} s`);
  return new URL(link);
}

async function lookAtTheMap(link: URL): Promise<void> {
  const complaints: string[] = [];
  const browser = await openBrowser();
  try {
    const page = await openWindow(browser, link.origin, 'light', complaints);
    await signUp(page, link.href);
    await page
      .getByText(/[1-9]\d* edges/)
      .first()
      .waitFor({ timeout: 60_000 });
    check('the browser reaches a map with edges', true);
    say(`picture: ${await picture(page, 'fresh-start')}`);
  } finally {
    await browser.close();
  }
  check('the browser complains about nothing', complaints.length === 0, complaints);
}

async function end({ child }: Demo): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGINT');
  await until('npm start to end', async () => (child.exitCode === null && child.signalCode === null ? null : true));
  const left = await until('nothing to be left', async () => (machine.left().length === 0 ? 'nothing' : null), {
    seconds: 30,
    seen: machine.left,
  }).catch((error: Error) => error.message);
  check('Ctrl-C leaves nothing behind', left === 'nothing', left);
}

process.exit(await main());
