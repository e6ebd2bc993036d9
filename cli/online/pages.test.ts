import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeController } from './testkit.ts';

test('pages are asked for until there is none left', async () => {
  const page = (name: string, next: string | null) => ({
    items: [{ name, managed: false, labels: {}, addresses: [] }],
    next,
  });
  const controller = new FakeController({ 'GET /workloads': [page('a', 'x'), page('b', null)] });
  const { stdout } = await controller.run(['workload', 'list', '--json']);
  assert.deepEqual(
    JSON.parse(stdout).map((workload: { name: string }) => workload.name),
    ['a', 'b'],
  );
  assert.deepEqual(
    controller.asked.map(({ path }) => path),
    ['/workloads?limit=1000', '/workloads?limit=1000&cursor=x'],
  );
});
