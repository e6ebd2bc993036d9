import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Relative to this folder. Fonts stay files, so that the content security policy needs no `data:` for them. */
export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  build: { outDir: 'dist', emptyOutDir: true, assetsInlineLimit: 0, target: 'es2024', reportCompressedSize: true },
});
