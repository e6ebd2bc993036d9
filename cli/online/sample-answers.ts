/** What a controller says in the tests of this folder. */
export const host = (name: string, more: object = {}) => ({
  name,
  mode: { inbound: 'enforce', outbound: 'enforce' },
  connected: true,
  lastSeen: '2026-01-01T12:00:00.000Z',
  generation: { intended: 4, applied: 4, proven: 4 },
  proven: true,
  counted: 100,
  received: 100,
  lost: 0,
  capabilities: { level: 'no process', absent: ['process'] },
  problems: [],
  ...more,
});

export const status = {
  version: { number: 2, state: 'done' },
  started: '2026-01-01T12:00:00.000Z',
  now: '2026-01-01T12:05:00.000Z',
  setupNeeded: true,
  consoleAddress: 'https://10.0.0.5:8443',
  agentAddresses: ['10.0.0.5:8444'],
  authority: 'abc',
  workloads: { managed: 2, unmanaged: 1 },
  hosts: { connected: 1, proven: 1, away: [{ name: 'db-1' }], withProblems: ['db-1'] },
  reports: { counted: 200, received: 195, lost: 5, droppedBatches: 0, missingBatches: 1 },
  disk: { state: 'ok' },
  refusals: {},
  duplicateAddresses: [],
  memoryBytes: 200 * 1048576,
  absent: ['process and user rules', 'reverify'],
};
export const troubled = {
  ...status,
  hosts: {
    ...status.hosts,
    ...{ fresh: 1, freshSeconds: 30 },
    notProven: [
      { name: 'db-1', state: 'old', since: '2026-01-01T12:02:00.000Z', reason: 'its agent is not in session' },
      { name: 'web-2', state: 'not proven', since: null, reason: 'its agent has made no statement yet' },
    ],
    alarms: [{ name: 'db-1', alarms: ['tcp/22 at 10.0.0.2 must be closed from web-1 and is open: connected'] }],
  },
  disk: { state: 'full', since: 0, problem: 'Cannot store flows: no space left on device' },
  refusals: { 'pairing-key-expired': 2, 'wire-malformed': 1 },
  duplicateAddresses: [{ network: 'main', address: '10.0.0.9', workloads: ['nas', 'web-1'] }],
};
export const inventory = {
  hostname: 'web-1',
  kernel: '6.1.0',
  system: 'Debian GNU/Linux 12',
  addresses: [{ interface: 'eth0', address: '10.0.0.1' }],
  listeners: [
    {
      ...{ protocol: 'tcp', address: '0.0.0.0', port: 80, process: '/usr/sbin/nginx' },
      ...{ unit: 'nginx.service', package: 'nginx', user: 'root' },
    },
    { protocol: 'udp', address: '::', port: 5353, process: null, unit: null, package: null, user: null },
  ],
};

const workload = (name: string, role: string) => ({
  kind: 'workload',
  name,
  labels: { role, app: 'shop' },
  managed: true,
});
export const edge = {
  key: 'a',
  from: workload('web-1', 'web'),
  to: workload('db-1', 'db'),
  service: 6 * 65536 + 5432,
  serviceText: 'tcp/5432',
  state: 'denied',
  latest: 'denied',
  rules: [
    {
      end: 'source',
      effective: 'deny',
      intended: 'deny',
      effectiveRule: 'guard/no',
      intendedRule: 'guard/no',
      attempts: 3,
    },
  ],
  server: { process: '/usr/lib/postgresql/15/bin/postgres', unit: 'postgresql.service', user: 'postgres' },
  attempts: 3,
  denied: 3,
  wouldBeDenied: 0,
  records: 3,
  first: 0,
  last: 4_000_000_000_000,
  reporters: ['web-1'],
  sequence: 7,
};

const change = (from: string, to: string, services: string[], cells: number) => ({
  cells,
  rectangles: [{ from, to, services, cells, example: { from, to, service: 'tcp/1' } }],
  addressRectangles: [],
});
const difference = {
  opened: change('role=web', 'role=api', ['tcp/8080'], 1),
  closed: change('role=web', 'role=db', ['tcp'], 65536),
};
export const preview = {
  sound: true,
  problems: [],
  baseMoved: false,
  hosts: [
    { workload: 'web-1', narrows: true, tries: ['db-1 tcp/5432'], problem: null },
    { workload: 'db-1', narrows: false, problem: 'Cannot compile it' },
  ],
  diff: difference,
  effective: difference,
  flows: {
    items: [
      {
        from: 'web-1',
        to: 'db-1',
        service: 'tcp/5432',
        attempts: 3,
        was: { effective: 'allow', intended: 'allow' },
        becomes: { effective: 'allow', intended: 'deny' },
      },
    ],
    omitted: 2,
  },
  tests: [{ passed: true }, { passed: false }],
  invariants: [
    { invariant: 'dev-never-prod', holds: true, counterexample: null },
    { invariant: 'db-alone', holds: false, counterexample: { from: 'web-1', to: 'db-1', service: 'tcp/22' } },
  ],
};
export const running = (state: string, ...hosts: readonly (readonly [string, string])[]) => ({
  version: 3,
  state,
  hosts: hosts.map(([name, said]) => ({ workload: name, phase: 'narrow', state: said, problem: null })),
});
export const problem = {
  severity: 'error',
  code: 'unknown-service',
  message: 'Cannot use it',
  place: { file: 'a.yaml', line: 3, column: 1 },
  hint: 'declare it',
};
export const draft = { name: 'default', base: 2, files: [], labels: [] };
