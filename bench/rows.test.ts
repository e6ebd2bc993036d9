import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRows } from './rows.ts';

const text = `| name | figure |
|---|---|
| ui: pan | 50 |
| flows: decode | 1 |

Words.
`;

test('rows of figures take the place of those of their name, and new ones come last', () => {
  const written = withRows(text, '| ui: pan | 60 |\n| ui: zoom | 55 |\n');
  assert.equal(
    written,
    text
      .replace('| ui: pan | 50 |', '| ui: pan | 60 |')
      .replace('| flows: decode | 1 |', '| flows: decode | 1 |\n| ui: zoom | 55 |'),
  );
  assert.equal(withRows(written, ''), written);
});
