import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';

const ui = join(import.meta.dirname, '..');
const styles = join(dirname(createRequire(import.meta.url).resolve('@mantine/core/styles.css')), 'styles');
const listed = [...readFileSync(join(ui, 'app/mantine.css'), 'utf8').matchAll(/styles\/([\w-]+)\.css/g)].map(
  ([, name]) => name ?? '',
);

const sources = globSync('**/*.{ts,tsx}', { cwd: ui, exclude: (name) => name === 'dist' || name === 'node_modules' });
const imported = sources.flatMap((file) =>
  [...readFileSync(join(ui, file), 'utf8').matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)].flatMap(([, names]) =>
    (names ?? '').split(',').map((name) => name.trim()),
  ),
);
/** Parts that nobody imports by name. */
const parts: Readonly<Record<string, readonly string[]>> = { Checkbox: ['InlineInput'], Radio: ['InlineInput'] };
const used = [...new Set(imported.flatMap((name) => [name, ...(parts[name] ?? [])]))].filter((name) =>
  existsSync(join(styles, `${name}.css`)),
);

for (const component of used) {
  test(`the style sheet of ${component} is loaded`, () => assert.ok(listed.includes(component)));
}

test('components are found at all', () => assert.ok(used.length > 20));

test('style sheets are in the order of Mantine, where later ones overrule earlier ones', () => {
  const dense = (text: string): string => text.replaceAll(/\s+/g, '');
  const all = dense(readFileSync(join(styles, '../styles.css'), 'utf8'));
  const places = listed.map((name) => all.indexOf(dense(readFileSync(join(styles, `${name}.css`), 'utf8'))));
  assert.ok(places.every((place) => place >= 0));
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
});
