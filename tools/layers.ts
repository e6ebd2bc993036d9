/**
 * Who may import whom, as data; tools/check-layers.ts enforces it and ARCHITECTURE.md prints it.
 * `net <- model <- {policy, flows, wire, enforce, sensors, importers, exporters}`, and none of those seven imports another.
 */
export type Room = {
  /** Pure: compiles without Node and DOM types. Program: started as a process, imported by nobody. Browser: runs in one. */
  readonly kind: 'pure' | 'node' | 'program' | 'browser';
  readonly rooms: readonly string[];
  /** npm packages that product code of the room may import; tests may import `testPackages` as well. */
  readonly packages: readonly string[];
};

export const rooms: Readonly<Record<string, Room>> = {
  net: { kind: 'pure', rooms: [], packages: [] },
  model: { kind: 'pure', rooms: ['net'], packages: ['yaml', '@noble/hashes'] },
  policy: { kind: 'pure', rooms: ['net', 'model'], packages: [] },
  flows: { kind: 'pure', rooms: ['net', 'model'], packages: [] },
  wire: { kind: 'pure', rooms: ['net', 'model'], packages: ['protobufjs'] },
  enforce: { kind: 'node', rooms: ['net', 'model'], packages: [] },
  sensors: { kind: 'node', rooms: ['net', 'model'], packages: [] },
  importers: { kind: 'node', rooms: ['net', 'model'], packages: ['yaml', '@kubernetes/client-node'] },
  exporters: { kind: 'pure', rooms: ['net', 'model'], packages: ['yaml'] },
  agent: { kind: 'program', rooms: ['net', 'model', 'wire', 'enforce', 'sensors'], packages: ['ws'] },
  controller: {
    kind: 'program',
    rooms: ['net', 'model', 'policy', 'flows', 'wire', 'importers'],
    packages: [
      '@duckdb/node-api',
      '@fastify/cookie',
      '@fastify/rate-limit',
      '@fastify/static',
      '@fastify/swagger',
      '@fastify/swagger-ui',
      '@fastify/type-provider-typebox',
      '@node-rs/argon2',
      '@peculiar/x509',
      'csv-parse',
      'fastify',
      'kysely',
      'pino',
      'prom-client',
      'reflect-metadata',
      'typebox',
      'ws',
    ],
  },
  cli: {
    kind: 'program',
    rooms: ['net', 'model', 'policy', 'flows', 'wire', 'enforce', 'importers', 'exporters'],
    packages: ['commander', 'picocolors', 'cli-table3'],
  },
  ui: {
    kind: 'browser',
    rooms: ['net', 'model', 'policy', 'flows'],
    packages: [
      '@codemirror/autocomplete',
      '@codemirror/commands',
      '@codemirror/lang-yaml',
      '@codemirror/language',
      '@codemirror/lint',
      '@codemirror/search',
      '@codemirror/state',
      '@codemirror/view',
      '@fontsource-variable/inter',
      '@lezer/highlight',
      '@mantine/core',
      '@mantine/hooks',
      '@mantine/notifications',
      '@tabler/icons-react',
      '@tanstack/react-query',
      '@tanstack/react-router',
      '@tanstack/react-virtual',
      'd3-quadtree',
      'd3-selection',
      'd3-zoom',
      'react',
      'react-dom',
      'yaml',
    ],
  },
  lab: {
    kind: 'program',
    rooms: ['net', 'model', 'wire', 'sensors'],
    packages: ['@peculiar/x509', 'reflect-metadata', 'ws', 'yaml'],
  },
  testkit: {
    kind: 'node',
    rooms: ['net', 'model', 'policy', 'flows', 'wire', 'exporters'],
    packages: ['fast-check', 'yaml'],
  },
  bench: {
    kind: 'program',
    rooms: ['net', 'model', 'policy', 'flows', 'wire', 'enforce', 'exporters', 'testkit'],
    packages: ['playwright-core'],
  },
  e2e: {
    kind: 'program',
    rooms: ['net', 'model', 'policy', 'flows', 'wire', 'enforce', 'sensors', 'exporters', 'testkit'],
    packages: ['axe-core', 'playwright-core', 'yaml'],
  },
  tools: { kind: 'program', rooms: [], packages: ['@vitejs/plugin-react', 'vite'] },
};

/** A test may compare its room with any pure room, use the testkit, and see the world through `node:`. */
export const testRooms: readonly string[] = ['net', 'model', 'policy', 'flows', 'wire', 'exporters', 'testkit'];
export const testPackages: readonly string[] = ['ajv', 'fast-check', 'yaml'];
