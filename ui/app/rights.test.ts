import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Session } from '../api/types.ts';
import { may, type Right, whyNot } from './rights.ts';

const admin: Session = { name: 'ana', role: 'admin' };
const editor: Session = { name: 'ed', role: 'editor' };
const viewer: Session = { name: 'vera', role: 'viewer' };
/** As an API of another version might answer. */
const unknown = { name: 'uma', role: 'auditor' } as unknown as Session;
const hostile = { name: 'x', role: 'constructor' } as unknown as Session;

const cases: readonly (readonly [Session | null | undefined, Right, boolean])[] = [
  [admin, 'view', true],
  [admin, 'edit', true],
  [admin, 'provision', true],
  [admin, 'administer', true],
  [editor, 'view', true],
  [editor, 'edit', true],
  [editor, 'provision', true],
  [editor, 'isolate', true],
  [editor, 'administer', false],
  [viewer, 'view', true],
  [viewer, 'edit', false],
  [viewer, 'provision', false],
  [viewer, 'isolate', false],
  [viewer, 'administer', false],
  [unknown, 'view', true],
  [unknown, 'edit', false],
  [unknown, 'provision', false],
  [unknown, 'isolate', false],
  [unknown, 'administer', false],
  [hostile, 'edit', false],
  [hostile, 'administer', false],
  [null, 'view', false],
  [undefined, 'view', false],
  [undefined, 'edit', false],
];

for (const [session, right, allowed] of cases) {
  test(`${session?.role ?? session} may ${allowed ? '' : 'not '}${right}, and the reason says so`, () => {
    assert.equal(may(session, right), allowed);
    assert.equal(whyNot(session, right) === null, allowed);
  });
}

test('the reason names who it is and what is needed', () => {
  assert.equal(
    whyNot(viewer, 'edit'),
    'vera is signed in as viewer; changing drafts needs an editor or an administrator.',
  );
  assert.match(whyNot(null, 'view') ?? '', /^Nobody is signed in/);
});
