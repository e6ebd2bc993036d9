import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLineProblem, parseProbeLine } from './probe-line.ts';

for (const line of [
  '{"from":"web-1","to":"db-1","service":"tcp/5432"}',
  ' {"service":"icmp/8","to":"10.0.0.1","from":"web-1@10.0.0.2"} ',
  '{"from":"a","to":"b","service":"tcp/1","user":"ana","fromProcess":"/usr/bin/curl","toProcess":"/usr/bin/x"}',
]) {
  test(`a probe: ${line}`, () => assert.equal(isLineProblem(parseProbeLine(line)), false));
}

const refused: readonly (readonly [line: string, code: string])[] = [
  ['', 'bad-json'],
  ['{', 'bad-json'],
  ['null', 'bad-json'],
  ['[]', 'bad-json'],
  ['"web-1"', 'bad-json'],
  ['{"from":"a","to":"b"}', 'missing-key'],
  ['{}', 'missing-key'],
  ['{"from":"a","to":"b","service":"tcp/1","port":1}', 'unknown-key'],
  ['{"from":"a","to":"b","service":"tcp/1","From":"a"}', 'unknown-key'],
  ['{"from":1,"to":"b","service":"tcp/1"}', 'bad-value'],
  ['{"from":"","to":"b","service":"tcp/1"}', 'bad-value'],
  ['{"from":["a"],"to":"b","service":"tcp/1"}', 'bad-value'],
  ['{"from":"a","to":null,"service":"tcp/1"}', 'bad-value'],
];

for (const [line, code] of refused) {
  test(`no probe, ${code}: ${line}`, () => {
    const problem = parseProbeLine(line);
    assert.ok(isLineProblem(problem));
    assert.equal(problem.code, code);
    assert.match(problem.message, /^Cannot read probe/);
  });
}
