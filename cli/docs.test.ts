import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

const repository = join(import.meta.dirname, '..');

/** Pages whose commands need no controller. */
const pages = ['docs/kubernetes.md'];
/** What starts a program that goes on, or is of another program. */
const notRun = /^(kubectl |\.\/bulkhead up )/;

for (const page of pages) {
  test(`the commands of ${page} do what the page says`, () => {
    const commands = commandsOf(readFileSync(join(repository, page), 'utf8'));
    assert.ok(commands.length >= 10, `${commands.length} commands`);
    const folder = mkdtempSync(join(tmpdir(), 'bulkhead-docs-'));
    try {
      for (const name of ['bulkhead', 'examples']) symlinkSync(join(repository, name), join(folder, name));
      for (const { command, status, said } of commands) {
        const ran = spawnSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8', env: surroundings });
        const all = `${command}\n${ran.stdout}${ran.stderr}`;
        assert.equal(ran.status, status, all);
        if (said !== null) assert.ok(ran.stdout.includes(said), `"${said}" is not in\n${all}`);
      }
      assert.ok(commands.filter(({ said }) => said !== null).length >= 3, 'the page says what some of them print');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

const surroundings = { PATH: process.env.PATH, HOME: '/nonexistent', NO_COLOR: '1' };

type Command = { readonly command: string; readonly status: number; readonly said: string | null };

/** Indented lines of a page; `# exits with N` behind one says how it ends, any other comment what it prints. */
function commandsOf(text: string): readonly Command[] {
  return [...text.matchAll(/^ {4}(\S.*)$/gm)].flatMap(([, line = '']) => {
    if (notRun.test(line)) return [];
    const comment = / # (.+)$/.exec(line)?.[1] ?? null;
    const status = /^exits with (\d)$/.exec(comment ?? '')?.[1];
    return [{ command: line, status: Number(status ?? 0), said: status === undefined ? comment : null }];
  });
}
