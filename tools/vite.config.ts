import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** Beside every text file its compressed form, so that the controller never compresses. */
const compressed: Plugin = {
  name: 'compressed',
  writeBundle({ dir = '' }, bundle) {
    for (const name of Object.keys(bundle).filter((file) => /^assets\/.*\.(js|css|svg)$/.test(file))) {
      writeFileSync(join(dir, `${name}.gz`), gzipSync(readFileSync(join(dir, name)), { level: 9 }));
    }
  },
};

/**
 * The page starts with a few lines that ask for the first answers and then load the console. Here the page is told what
 * that will need, so that the browser need not find out step by step.
 */
const announced: Plugin = {
  name: 'announced',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle = {} }) => {
      const chunks = Object.values(bundle).filter((part) => part.type === 'chunk');
      const main = chunks.find((chunk) => chunk.facadeModuleId?.endsWith('/ui/main.tsx'));
      if (main === undefined) throw new Error('Cannot announce ui/main.tsx: it is no chunk of its own');
      const isEntry = (file: string) => chunks.some(({ fileName, isEntry }) => isEntry && fileName === file);
      const link = (rel: string, file: string) => ({
        tag: 'link',
        injectTo: 'head' as const,
        attrs: { rel, href: `/${file}`, crossorigin: true },
      });
      return [
        ...[main.fileName, ...main.imports.filter((file) => !isEntry(file))].map((file) => link('modulepreload', file)),
        ...[...(main.viteMetadata?.importedCss ?? [])].map((file) => link('stylesheet', file)),
      ];
    },
  },
};

/**
 * What every page needs, as one file and not as one per module that two pages share. Only a matter of speed: a component
 * that is missing here is loaded all the same.
 */
const base = new RegExp(
  [
    `/node_modules/(?:react|react-dom|scheduler|use-sync-external-store|clsx)/`,
    `/node_modules/@tanstack/(?:react-)?(?:router|query|store|history)`,
    `/node_modules/@mantine/core/esm/(?:core|utils)/(?!Floating)`,
    `/node_modules/@mantine/core/esm/components/(?:${[
      ...[
        'ActionIcon',
        'Alert',
        'AppShell',
        'Burger',
        'Button',
        'Chip',
        'CloseButton',
        'Collapse',
        'FloatingIndicator',
      ],
      ...['Group', 'Input', 'InputBase', 'Loader', 'NavLink', 'Paper', 'SegmentedControl', 'Skeleton', 'Stack', 'Text'],
      ...['TextInput', 'Title', 'Transition', 'UnstyledButton', 'VisuallyHidden', 'Badge'],
    ].join('|')})/`,
  ].join('|'),
);

/** Builds the console. Fonts stay files, so that the content security policy needs no `data:` for them. */
export default defineConfig({
  root: join(import.meta.dirname, '../ui'),
  plugins: [react(), announced, compressed],
  build: {
    ...{ outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, target: 'es2024', chunkSizeWarningLimit: 1000 },
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: 'base', test: base }] } } },
  },
});
