import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { keepStatements } from './sqlite-dialect.ts';

function counting() {
  const database = new DatabaseSync(':memory:');
  const read: string[] = [];
  const prepared = keepStatements((sql) => {
    read.push(sql);
    return database.prepare(sql);
  });
  return { database, read, prepared };
}

test('a statement that comes again is read once, and sees a table that was changed meanwhile', () => {
  const { database, read, prepared } = counting();
  database.exec('create table t (a)');
  prepared('insert into t values (?)').run(1);
  prepared('insert into t values (?)').run(2);
  assert.equal(prepared('select * from t').all().length, 2);
  database.exec('alter table t add column b default 7');
  assert.deepEqual({ ...prepared('select * from t').all()[1] }, { a: 2, b: 7 });
  assert.equal(read.length, 2);
});

test('what comes once takes no room: few are kept, and no long ones', () => {
  const { read, prepared } = counting();
  const long = `select 1 /* ${'x'.repeat(3000)} */`;
  for (const sql of [long, long]) prepared(sql);
  assert.equal(read.length, 2);
  for (let i = 0; i < 150; i++) prepared(`select ${i}`);
  for (const sql of ['select 149', 'select 60', 'select 0']) prepared(sql);
  assert.deepEqual(read.slice(152), ['select 0']);
});
