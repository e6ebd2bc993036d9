import Type from 'typebox';
import { closed, count, orNull, pageOf, text, texts, time, words } from './values.ts';

const probe = closed({
  ...{ from: text, to: text, service: text, network: Type.Optional(text) },
  ...{ fromProcess: Type.Optional(text), toProcess: Type.Optional(text), user: Type.Optional(text) },
});
const pair = closed({ from: text, to: text });
const leak = closed({
  rule: orNull(text),
  tier: orNull(text),
  services: texts,
  between: Type.Array(pair),
  omitted: count,
  example: probe,
});
const leaks = closed({ cells: Type.Number(), items: Type.Array(leak) });

const milliseconds = orNull(Type.Number({ minimum: 0, description: 'Milliseconds after the order' }));
const host = closed({
  workload: text,
  role: words('isolated', 'peer'),
  state: words('sent', 'applied', 'proven', 'failed', 'away', 'timeout'),
  generation: count,
  problem: orNull(text),
  sent: milliseconds,
  applied: milliseconds,
  proven: milliseconds,
  apply: orNull(Type.Number({ description: 'Milliseconds that the host took, as it says' })),
});
const probedCell = closed({ ...{ from: text, to: text, service: text, outcome: text }, rule: orNull(text) });
const probes = closed({
  at: time,
  hosts: texts,
  cells: count,
  closed: count,
  unknown: count,
  open: Type.Array(probedCell),
  silent: texts,
});
const run = closed({
  step: words('isolate', 'release'),
  state: words('running', 'checking', 'done', 'incomplete'),
  startedAt: time,
  finishedAt: orNull(time),
  hosts: Type.Array(host),
  probes: orNull(probes),
  leaks: orNull(leaks),
});

const fields = {
  id: count,
  workloads: Type.Array(text, { description: 'Those that it closes now' }),
  names: orNull(texts),
  selector: orNull(text),
  rescue: orNull(texts),
  allow: texts,
  reason: text,
  created: time,
  createdBy: text,
  expires: orNull(time),
  released: orNull(time),
  releasedBy: orNull(text),
};
const summary = closed({
  isolated: closed({ all: count, proven: count, open: texts }),
  peers: closed({ all: count, proven: count, open: texts }),
});
export const isolationsAnswer = pageOf(closed({ ...fields, state: orNull(text) }));
export const isolationAnswer = closed({ ...fields, run: orNull(run), closed: orNull(summary) });
export const leaksAnswer = leaks;
export const isolationPreviewAnswer = closed({
  workloads: Type.Array(closed({ name: text, managed: Type.Boolean(), connected: Type.Boolean() })),
  peers: closed({ managed: count, connected: count, unmanaged: count }),
  edges: closed({
    cut: count,
    attempts: count,
    items: Type.Array(closed({ from: text, to: text, service: text, attempts: count, last: time })),
  }),
  stays: leaks,
});
