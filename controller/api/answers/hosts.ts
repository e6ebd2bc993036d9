import Type from 'typebox';
import { closed, count, labels, milliseconds, mode, orNull, pageOf, size, text, texts, time, words } from './values.ts';

const number = Type.Number();

const probeCount = closed({ tried: count, asExpected: count, undecided: count });
const standing = words('proven', 'old', 'not proven');
const proof = closed({
  intended: closed({ generation: count, at: orNull(time) }),
  applied: closed({ generation: orNull(count), at: orNull(time) }),
  proven: closed({
    state: standing,
    reason: orNull(text),
    since: orNull(time),
    generation: orNull(count),
    at: orNull(time),
    depth: orNull(words('everything', 'slice', 'structure', 'nothing')),
    slice: orNull(closed({ first: count, count, of: count })),
    whole: orNull(time),
  }),
  probed: closed({ closed: probeCount, open: probeCount, at: orNull(time), alarms: texts }),
  gaps: Type.Array(closed({ from: time, until: time })),
  refused: orNull(closed({ count, at: time, message: text })),
  sequence: orNull(count),
  clockAheadMilliseconds: orNull(number),
});

const hostFields = {
  name: text,
  host: orNull(text),
  notEnforced: orNull(text),
  labels,
  addresses: texts,
  mode: closed({ inbound: mode, outbound: mode }),
  connected: Type.Boolean(),
  connectedSince: orNull(time),
  lastSeen: orNull(time),
  generation: closed({ intended: count, applied: orNull(count), proven: orNull(count) }),
  revision: count,
  hash: closed({ intended: text, applied: orNull(text) }),
  proven: Type.Boolean({ description: 'The kernel was read back and holds what is intended' }),
  proof,
  version: orNull(count),
  size: orNull(size),
  applyMilliseconds: orNull(number),
  counted: orNull(number),
  received: orNull(number),
  lost: orNull(number),
  spooledBatches: orNull(count),
  droppedBatches: orNull(count),
  restored: orNull(count),
  connectionsEnded: orNull(count),
  memory: orNull(closed({ agent: number, helper: number })),
  capabilities: orNull(closed({ level: text, absent: texts, covers: Type.Optional(texts) })),
  listeners: orNull(count),
  reports: closed({
    batches: count,
    duplicates: count,
    missing: count,
    reports: count,
    foreign: count,
    early: count,
    probes: count,
  }),
  gaps: Type.Array(closed({ from: time, until: orNull(time) })),
  problems: texts,
};

const listener = closed({
  protocol: words('tcp', 'udp'),
  address: text,
  port: count,
  process: orNull(text),
  unit: orNull(text),
  package: orNull(text),
  user: orNull(text),
});
const inventory = closed({
  hostname: text,
  kernel: text,
  system: text,
  addresses: Type.Array(closed({ interface: text, address: text })),
  listeners: Type.Array(listener),
});

export const hostsAnswer = pageOf(closed(hostFields));
const firstRule = closed({
  tier: text,
  rule: text,
  direction: words('inbound', 'outbound'),
  verdict: words('allow', 'deny'),
  ...{ peers: texts, services: texts },
});
/** What is reached anew before a narrower ruleset is kept. */
const trial = closed({
  seconds: count,
  reach: Type.Array(closed({ dependency: text, end: text, reach: texts })),
});
const names = closed({
  learned: Type.Array(
    closed({
      name: text,
      address: text,
      since: time,
      answered: time,
      alsoNamed: texts,
      workload: orNull(text),
    }),
    {
      description:
        'Addresses of domain names of its rules; other names and a workload of the address are reached as well',
    },
  ),
  more: count,
});
export const hostAnswer = closed({
  ...hostFields,
  first: Type.Array(firstRule, {
    description: 'Rules of lifeline and rescue: they hold before all others, in every mode',
  }),
  trial,
  inventory: orNull(inventory),
  names: orNull(names),
});

export const workloadAnswer = closed({
  name: text,
  kind: words('managed', 'unmanaged', 'guest', 'container', 'node'),
  managed: Type.Boolean(),
  labels,
  ownLabels: labels,
  source: orNull(closed({ kind: words('kubernetes'), cluster: text, part: words('pod', 'node'), labels })),
  addresses: Type.Array(closed({ network: text, address: text })),
  fallbackMode: mode,
  host: orNull(Type.String({ description: 'The workload on whose kernel it runs, and whose agent enforces for it' })),
  guests: texts,
  notEnforced: orNull(text),
  connected: orNull(Type.Boolean()),
  created: time,
  updated: time,
});
export const workloadsAnswer = pageOf(workloadAnswer);

const disk = Type.Union([
  closed({ state: Type.Literal('ok') }),
  closed({ state: words('full', 'failing'), since: milliseconds, problem: text }),
]);

const cluster = closed({
  name: text,
  network: text,
  state: words('starting', 'watching', 'stale', 'unwatched'),
  connectedSince: orNull(time),
  staleSince: orNull(time),
  lastHeard: orNull(time),
  ...{ relists: count, failures: count, events: count },
  objects: closed({ namespaces: count, nodes: count, pods: count }),
  workloads: count,
  refused: closed({ count, first: Type.Array(closed({ name: text, why: text })) }),
  unsetKeys: Type.Record(text, count),
  problems: texts,
});

export const statusAnswer = closed({
  version: closed({ number: count, hash: text, state: words('running', 'done', 'incomplete', 'rolled-back') }),
  started: time,
  now: time,
  setupNeeded: Type.Boolean(),
  consoleAddress: orNull(text),
  agentAddresses: texts,
  authority: text,
  disk,
  workloads: closed({ managed: count, unmanaged: count, guests: count, containers: count, nodes: count }),
  guests: closed({ proven: count, notEnforced: texts }),
  isolations: count,
  hosts: closed({
    connected: count,
    proven: count,
    notProven: Type.Array(closed({ name: text, state: standing, since: orNull(time), reason: orNull(text) })),
    fresh: count,
    freshSeconds: count,
    alarms: Type.Array(closed({ name: text, alarms: texts })),
    away: Type.Array(closed({ name: text, lastSeen: orNull(time) })),
    withProblems: texts,
  }),
  reports: closed({
    ...{ counted: number, received: number, lost: number },
    ...{ droppedBatches: count, spooledBatches: count, missingBatches: count, foreignReports: count },
  }),
  edges: closed({
    ...{ edges: count, ends: count, cells: count },
    ...{ lateAttempts: count, overflowAttempts: count, foldedAttempts: count },
  }),
  history: closed({ storedBatches: count, duplicateBatches: count, failedBatches: count, storedRows: count }),
  refusals: Type.Record(text, count),
  clusters: Type.Array(cluster),
  duplicateAddresses: Type.Array(closed({ network: text, address: text, workloads: texts })),
  memoryBytes: count,
  absent: texts,
});
