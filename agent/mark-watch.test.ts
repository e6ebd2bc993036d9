import assert from 'node:assert/strict';
import test from 'node:test';
import type { Done } from '@bulkhead/enforce/back-end.ts';
import { parseFlowLine } from '@bulkhead/sensors/conntrack/flow-line.ts';
import { silentLog } from './log.ts';
import { watchMarks } from './mark-watch.ts';
import type { FlowAccess, Marks } from './privileged.ts';
import { Problems } from './problems.ts';

const none: Marks = { clashes: [], isStrange: () => false };

/** A host whose flows have marks 1 and 0x7001. */
async function look(problems: Problems, marks: Done<Marks>): Promise<readonly string[]> {
  const connections: Pick<FlowAccess['connections'], 'flows'> = {
    flows: async (visit) => {
      for (const mark of ['1', '7001']) {
        const line = parseFlowLine(`6 10.0.0.1 10.0.0.9 1 2 10.0.0.9 10.0.0.1 2 1 ${mark} 18e 60 3 0`);
        if (line?.kind === 'flow') visit(line.flow);
      }
      return { kind: 'done', value: { whole: true } };
    },
  };
  await watchMarks({ marks: async () => marks, connections: connections as FlowAccess['connections'] }, problems);
  return problems.texts();
}

const done = (marks: Partial<Marks>): Done<Marks> => ({ kind: 'done', value: { ...none, ...marks } });

test('others that use our bits are named, and no more when they stop', async () => {
  const problems = new Problems(silentLog);
  assert.deepEqual(await look(problems, done({})), []);
  const [text = ''] = await look(problems, done({ clashes: ['nft inet vpn out writes 0xff'] }));
  assert.match(text, /used by others: nft inet vpn out writes 0xff; the other must leave them alone/);
  const many = Array.from({ length: 9 }, (_, i) => `nft inet t${i} c reads 0x1`);
  assert.match((await look(problems, done({ clashes: many }))).join(), /t4 c reads 0x1 and 4 more;/);
  assert.deepEqual(await look(problems, done({})), []);
});

test('marks that we never gave out are counted', async () => {
  const problems = new Problems(silentLog);
  const [text = ''] = await look(problems, done({ isStrange: (mark) => mark > 0x7000 }));
  assert.match(text, /^1 flows carry a mark in our bits that we never gave out/);
  assert.deepEqual(await look(problems, done({})), []);
});

test('what cannot be looked for is said', async () => {
  const failed = { kind: 'failed', code: 'enforce-refused', message: 'no nft' } as const;
  assert.deepEqual(await look(new Problems(silentLog), failed), [
    'Who else uses our bits of the conntrack mark is not known: no nft',
  ]);
});
