import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { repository } from './source-tree.ts';

const notRoot = process.getuid?.() === 0 ? false : 'only root installs Debian packages';

type Place = { readonly directory: string; readonly policy: string; readonly log: string };

/** A directory with a policy-rc.d to be played with and programs that stand in for Debian's. */
function place(context: TestContext, programs: Readonly<Record<string, string>>): Place {
  const directory = mkdtempSync(join(tmpdir(), 'bulkhead-setup-'));
  context.after(() => rmSync(directory, { recursive: true }));
  for (const [name, body] of Object.entries(programs)) {
    writeFileSync(join(directory, name), `#!/bin/sh\n${body}\n`);
    chmodSync(join(directory, name), 0o755);
  }
  return { directory, policy: join(directory, 'policy-rc.d'), log: join(directory, 'log') };
}

function setUp({ directory, policy, log }: Place) {
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}`, BULKHEAD_POLICY_RC_D: policy, LOG: log };
  // Without the lock: the set-up that started these tests may hold it.
  return spawnSync('sh', [join(repository, 'tools/setup.sh')], {
    encoding: 'utf8',
    env: { ...env, BULKHEAD_SETUP_LOCKED: '1' },
  });
}

const nothingInstalled = { 'dpkg-query': 'exit 1', systemctl: 'exit 0' };
const apt = (end: string) => ({ 'apt-get': `[ "$1" = update ] || { cat "$BULKHEAD_POLICY_RC_D" >>"$LOG"; ${end}; }` });

test('no daemon may start while packages are installed, and then the policy is what it was', { skip: notRoot }, (t) => {
  const here = place(t, { ...nothingInstalled, ...apt('exit 0') });
  writeFileSync(here.policy, 'theirs');
  assert.equal(setUp(here).status, 0);
  assert.match(readFileSync(here.log, 'utf8'), /exit 101/);
  assert.equal(readFileSync(here.policy, 'utf8'), 'theirs');
});

test('without a policy before there is none afterwards', { skip: notRoot }, (t) => {
  const here = place(t, { ...nothingInstalled, ...apt('exit 0') });
  assert.equal(setUp(here).status, 0);
  assert.equal(existsSync(here.policy), false);
});

/** Lists what is enabled from a file, writes down what it is told to disable, and cannot disable what is masked. */
const units = {
  systemctl: `case "$2" in
    list-unit-files) while read -r unit; do echo "$unit enabled enabled"; done <"$(dirname "$0")/enabled" ;;
    disable) [ "$3" != stubborn.service ] || exit 1; echo "$3" >>"$(dirname "$0")/disabled" ;;
  esac`,
};

test('units that the packages enabled are disabled, and none that was enabled before', { skip: notRoot }, (t) => {
  const installs =
    'printf "%s\\n" nginx.service ssh.service stubborn.service z.timer >"$(dirname "$0")/enabled"; exit 0';
  const here = place(t, { ...nothingInstalled, ...units, ...apt(installs) });
  writeFileSync(join(here.directory, 'enabled'), 'ssh.service\nz.timer.before\n');
  const { status, stdout, stderr } = setUp(here);
  assert.equal(status, 0);
  assert.equal(readFileSync(join(here.directory, 'disabled'), 'utf8'), 'nginx.service\nz.timer\n');
  assert.match(stdout + stderr, /could not disable stubborn\.service/);
});

test('where nothing is enabled newly nothing is disabled', { skip: notRoot }, (t) => {
  const here = place(t, { ...nothingInstalled, ...units, ...apt('exit 0') });
  writeFileSync(join(here.directory, 'enabled'), 'ssh.service\n');
  assert.equal(setUp(here).status, 0);
  assert.equal(existsSync(join(here.directory, 'disabled')), false);
});

for (const [what, end, status] of [
  ['a failed installation', 'exit 100', 3],
  ['Ctrl-C', 'kill -INT "$PPID"; exit 1', 130],
  ['an end by signal', 'kill -TERM "$PPID"; exit 1', 143],
] as const) {
  test(`the policy is put back after ${what}`, { skip: notRoot }, (t) => {
    const here = place(t, { ...nothingInstalled, ...apt(end) });
    writeFileSync(here.policy, 'theirs');
    assert.equal(setUp(here).status, status);
    assert.equal(readFileSync(here.policy, 'utf8'), 'theirs');
    assert.equal(existsSync(`${here.policy}.bulkhead-saved`), false);
  });
}

test('what a killed set-up left behind is repaired by the next one', { skip: notRoot }, (t) => {
  const here = place(t, { 'dpkg-query': 'echo installed', 'apt-get': 'exit 1' });
  writeFileSync(here.policy, '#!/bin/sh\n# bulkhead set-up: no daemon starts\nexit 101\n');
  writeFileSync(`${here.policy}.bulkhead-saved`, 'theirs');
  const { status, stdout } = setUp(here);
  assert.equal(status, 0);
  assert.match(stdout, /putting back policy-rc\.d/);
  assert.equal(readFileSync(here.policy, 'utf8'), 'theirs');
});

test('a policy that is not ours is left alone', { skip: notRoot }, (t) => {
  const here = place(t, { 'dpkg-query': 'echo installed', 'apt-get': 'exit 1' });
  writeFileSync(here.policy, 'theirs');
  assert.equal(setUp(here).status, 0);
  assert.equal(readFileSync(here.policy, 'utf8'), 'theirs');
});

for (const [who, uid, status] of [
  ['root', 0, 3],
  ['somebody else', 1000, 0],
] as const) {
  test(`a helper that cannot be built ends the set-up of ${who} with ${status}`, (t) => {
    const here = place(t, {
      'dpkg-query': 'echo installed',
      make: '[ "$3" = -q ] && exit 1; exit 2',
      id: `echo ${uid}`,
    });
    const ran = setUp(here);
    assert.equal(ran.status, status);
    assert.match(ran.stdout, /Cannot build native/);
  });
}

test('the launcher works through a symlink, from any directory', (t) => {
  const { directory } = place(t, {});
  const link = join(directory, 'bulkhead');
  symlinkSync(join(repository, 'bulkhead'), link);
  const { status, stdout } = spawnSync(link, ['--version'], { cwd: '/', encoding: 'utf8' });
  assert.equal(status, 0);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('without dependencies the launcher says what to run', (t) => {
  const { directory } = place(t, {});
  spawnSync('cp', ['-r', join(repository, 'bulkhead'), join(repository, 'tools'), directory]);
  const { status, stderr } = spawnSync(join(directory, 'bulkhead'), ['status'], { encoding: 'utf8' });
  assert.equal(status, 3);
  assert.match(stderr, /run tools\/setup\.sh/);
});
