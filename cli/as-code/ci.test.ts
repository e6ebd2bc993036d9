import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { type Answers, FakeController } from '../online/testkit.ts';
import type { Ran } from '../testkit.ts';
import { contentHash } from './directory.ts';

/** The jobs that apply, as they stand in the files that users copy, run in a repository with a made up controller. */
const repository = join(import.meta.dirname, '../..');
const read = (name: string) => parse(readFileSync(join(repository, 'docs/ci', name), 'utf8'));
const scripts = {
  'github-actions.yml': read('github-actions.yml').jobs.apply.steps.at(-1).run as string,
  'gitlab-ci.yml': (read('gitlab-ci.yml').apply.script as string[]).join('\n'),
};

const rule = (service: string) =>
  `{kind: Ruleset, name: shop, rules: [{name: web, allow: [${service}], from: role=web, to: role=db}]}\n`;
const content = (service: string) => ({ files: [{ path: 'shop.yaml', text: rule(service) }], labels: [] });
const zeros = '0'.repeat(40);
const none = { cells: 0, rectangles: [], addressRectangles: [] };

function inForce(service: string): Answers {
  const body = { number: 3, hash: contentHash(content(service)), ...content(service) };
  const effect = {
    sound: true,
    problems: [],
    diff: { opened: none, closed: none },
    effective: { opened: none, closed: none },
  };
  return {
    'GET /status': { body: { version: body } },
    'GET /versions/3': { body },
    'POST /preview': { body: { base: 3, baseHash: body.hash, hash: '', ...effect } },
    'POST /provisions': { status: 202, body: { version: 4 } },
    'GET /provisions/4': { body: { version: 4, state: 'done', hosts: [] } },
  };
}

type Job = { readonly before: string; readonly controller: FakeController };

/** A clone of a main whose policy was tcp/1, then tcp/2. */
function pushed(context: TestContext) {
  const at = mkdtempSync(join(tmpdir(), 'bulkhead-ci-'));
  context.after(() => rmSync(at, { recursive: true }));
  const git = (...words: string[]) =>
    execFileSync('git', ['-c', 'user.name=ci', '-c', 'user.email=ci@localhost', '-C', join(at, 'main'), ...words], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH, HOME: at, GIT_CONFIG_NOSYSTEM: '1' },
    }).trim();
  mkdirSync(join(at, 'main/policy'), { recursive: true });
  git('init', '--quiet', '--initial-branch', 'main');
  const commits = ['tcp/1', 'tcp/2'].map((service) => {
    writeFileSync(join(at, 'main/policy/shop.yaml'), rule(service));
    git('add', '--all');
    git('commit', '--quiet', '-m', service);
    return git('rev-parse', 'HEAD');
  });
  git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  git('clone', '--quiet', '--depth=1', `file://${at}/main`, join(at, 'clone'));
  mkdirSync(join(at, 'temporary'));
  return { at, before: commits[0] ?? '' };
}

/** As runners do: a shell that ends at the first failure. */
function runJob(script: string, at: string, { before, controller }: Job): Promise<Ran> {
  const env = {
    PATH: `${repository}:${process.env.PATH}`,
    HOME: at,
    TMPDIR: join(at, 'temporary'),
    BULKHEAD_DATA: controller.directory,
    BEFORE: before,
    CI_COMMIT_BEFORE_SHA: before,
  };
  return new Promise((resolve) => {
    const child = execFile('bash', ['-e', '-c', script], { cwd: join(at, 'clone'), env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : child.exitCode, stdout, stderr }),
    );
  });
}

const cases: readonly (readonly [
  what: string,
  inForce: string,
  before: 'main' | 'zeros',
  code: number,
  applied: boolean,
])[] = [
  ['what main had before is in force', 'tcp/1', 'main', 0, true],
  ['something else is in force', 'tcp/3', 'main', 1, false],
  ['it is in force already', 'tcp/2', 'main', 0, false],
  ['it is in force already and nothing came before', 'tcp/2', 'zeros', 0, false],
  ['something else is in force and nothing came before', 'tcp/1', 'zeros', 1, false],
];

for (const [name, script] of Object.entries(scripts))
  for (const [what, service, before, code, applied] of cases)
    test(`the job of ${name} ends with ${code} when ${what}`, async (context) => {
      const main = pushed(context);
      const controller = new FakeController(inForce(service));
      const job = { before: before === 'zeros' ? zeros : main.before, controller };
      const ran = await controller.answering(() => runJob(script, main.at, job));
      assert.equal(ran.code, code, ran.stdout + ran.stderr);
      const sent = controller.asked.filter(({ path }) => path === '/provisions');
      assert.deepEqual(
        sent.map(({ body }) => JSON.parse(body).files),
        applied ? [content('tcp/2').files] : [],
      );
      assert.deepEqual(readdirSync(join(main.at, 'temporary')), [], 'the copy of what was before is removed');
    });
