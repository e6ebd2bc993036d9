import Type from 'typebox';
import {
  closed,
  count,
  lineResult,
  milliseconds,
  mode,
  orNull,
  outcome,
  pageOf,
  place,
  problem,
  size,
  text,
  texts,
  time,
  viewAnswer,
  words,
} from './values.ts';

const file = closed({ path: text, text });
const assignment = closed({ workload: text, key: text, value: orNull(text) });

const draftFields = {
  name: text,
  base: count,
  revision: Type.Integer({ description: 'Grows with every change; in quotes it is the entity tag' }),
  labels: Type.Array(assignment),
  updated: time,
  updatedBy: text,
};
export const draftsAnswer = pageOf(closed({ ...draftFields, files: Type.Array(closed({ path: text })) }));
export const draftAnswer = closed({
  ...draftFields,
  files: Type.Array(file),
  baseMoved: Type.Boolean(),
  problems: Type.Array(problem),
  sound: Type.Boolean(),
});

const versionFields = {
  number: count,
  hash: text,
  base: orNull(count),
  note: text,
  created: time,
  createdBy: text,
  paths: texts,
  current: Type.Boolean(),
};
export const versionsAnswer = pageOf(closed(versionFields));
export const versionAnswer = closed({ ...versionFields, files: Type.Array(file), labels: Type.Array(assignment) });

/** As it may be asked of `explain`. */
const probe = closed({
  ...{ from: text, to: text, service: text, network: Type.Optional(text) },
  ...{ fromProcess: Type.Optional(text), toProcess: Type.Optional(text), user: Type.Optional(text) },
});
const area = { from: text, to: text, services: texts, example: probe };
const change = closed({
  cells: count,
  exactCells: Type.Optional(Type.String({ description: 'The decimal text, where `cells` is beyond 2^53' })),
  omitted: Type.Optional(Type.Integer({ description: 'Rectangles that are not listed for their number' })),
  rectangles: Type.Array(closed({ ...area, cells: count })),
  addressRectangles: Type.Array(closed({ ...area, workloads: count, addresses: text })),
  partly: Type.Optional(closed({ pairs: count, example: probe })),
  nameRectangles: Type.Optional(
    Type.Array(closed({ ...area, workloads: count }), { description: 'Where `to` is a domain name; absent: none' }),
  ),
});
const who = closed({
  ...{ fromProcess: Type.Optional(text), toProcess: Type.Optional(text), user: Type.Optional(text) },
});
const bothWays = { opened: change, closed: change };
const differenceFields = {
  ...bothWays,
  people: Type.Optional(Type.Array(closed({ who, ...bothWays }))),
  unknownPeople: Type.Optional(count),
};
const difference = closed(differenceFields);

export const differenceAnswer = closed({
  as: Type.Literal('intended'),
  ...differenceFields,
  effective: difference,
});

const verdicts = closed({ effective: text, intended: text });
const touched = closed({
  ...{ key: text, from: text, to: text, service: text },
  ...{ attempts: count, last: milliseconds, was: verdicts, becomes: verdicts },
});
const previewHead = {
  draft: text,
  revision: count,
  base: count,
  current: count,
  baseMoved: Type.Boolean(),
  sound: Type.Boolean(),
  problems: Type.Array(problem),
};

const proof = closed({
  ...{ invariant: text, holds: Type.Boolean(), counterexample: orNull(probe) },
  empty: Type.Optional(
    Type.Union([Type.Literal('from'), Type.Literal('to')], {
      description: 'The end that matches nobody; absent: neither',
    }),
  ),
});

const effect = {
  hosts: Type.Array(
    closed({
      workload: text,
      narrows: Type.Boolean(),
      tries: Type.Array(text, { description: 'What it must reach besides the controller, or it goes back' }),
      size: orNull(size),
      problem: orNull(text),
    }),
  ),
  diff: difference,
  effective: difference,
  flows: closed({
    items: Type.Array(touched, { description: 'Observed edges that get another verdict, the newest of them' }),
    omitted: Type.Integer({ minimum: 0, description: 'Such edges that are not listed for their number' }),
  }),
  tests: Type.Array(lineResult),
  invariants: Type.Array(proof),
};

/** With errors that leave no policy there is nothing but the problems. */
export const previewAnswer = Type.Union([closed(previewHead), closed({ ...previewHead, ...effect })]);

const contentHead = {
  base: Type.Integer({ minimum: 0, description: 'The version in force, which it is compared with' }),
  baseHash: text,
  hash: Type.String({ description: 'That of the version that provisioning it would make' }),
  sound: Type.Boolean(),
  problems: Type.Array(problem),
};
export const contentPreviewAnswer = Type.Union([closed(contentHead), closed({ ...contentHead, ...effect })]);

export const anomaliesAnswer = closed({
  ...{ draft: text, revision: count, omitted: count },
  anomalies: Type.Array(
    closed({
      kind: words('selects-nothing', 'dead', 'shadowed', 'redundant', 'contradicted', 'over-broad'),
      ...{ rule: text, place: orNull(place), why: text, by: texts, more: count, example: orNull(probe) },
      fix: closed({ action: words('remove', 'narrow'), text }),
    }),
  ),
});

const progress = closed({
  workload: text,
  phase: words('widen', 'narrow'),
  wave: orNull(count),
  state: words('waiting', 'sent', 'applied', 'failed', 'away', 'timeout'),
  generation: orNull(count),
  problem: orNull(text),
  at: time,
});
const share = Type.Number({ minimum: 0, maximum: 1 });
const flowEnds = { from: text, to: text, service: text };
const waveSettings = closed({
  ...{ canary: share, rest: count, watch: Type.Integer({ minimum: 0, description: 'Milliseconds' }) },
  ...{ budget: count, budgetShare: share, failures: count },
  lookback: Type.Integer({ description: 'Days' }),
  accept: Type.Union([Type.Literal('nothing'), Type.Literal('foreseen'), Type.Array(closed(flowEnds))]),
});
const wave = closed({
  ...{ wave: count, state: words('running', 'watching', 'passed', 'stopped'), hosts: count },
  ...{ startedAt: time, watchedUntil: orNull(time), newlyDenied: count, failed: count },
});
const deniedGroup = closed({
  ...{ from: text, to: text, service: text, flows: count, attempts: count },
  examples: Type.Array(
    closed({
      ...{ ...flowEnds, reporter: text, rule: orNull(text) },
      foreseen: Type.Boolean({ description: 'The difference of both versions says so' }),
    }),
  ),
});
const rolledBack = closed({
  version: Type.Integer({ description: 'The version that says again what held before' }),
  equals: Type.Integer({ description: 'The version that it equals' }),
  ...{ reason: text, flows: count, allowed: count, failed: texts, groups: Type.Array(deniedGroup), omitted: count },
});
const waves = closed({
  former: Type.Integer({ description: 'The version that hosts go back to' }),
  settings: orNull(waveSettings),
  waves: Type.Array(wave),
  rolledBack: orNull(rolledBack),
});

export const provisionAnswer = closed({
  version: count,
  state: words('running', 'done', 'incomplete', 'rolled-back'),
  startedAt: time,
  finishedAt: orNull(time),
  hosts: Type.Array(progress),
  connections: orNull(words('drain', 'revalidate', 'reset')),
  waves: orNull(waves),
});

const fate = words('decides', 'agrees', 'outranked', 'too late', 'passes', 'passed over', 'staged');
const considered = closed({
  rule: text,
  instance: orNull(text),
  tier: text,
  verdict: words('allow', 'deny', 'pass'),
  fate: closed({ effective: fate, intended: fate }),
  unknown: texts,
});
const nearest = closed({
  ...{ rule: text, instance: orNull(text), tier: text, verdict: words('allow', 'deny') },
  obstacle: closed({
    part: words('from', 'to', 'service', 'except', 'process', 'user'),
    ...{ asked: text, found: text },
  }),
});
const explainedEnd = closed({
  effective: outcome,
  intended: outcome,
  mode: orNull(mode),
  rules: Type.Array(considered),
  nearest: orNull(nearest),
});
const explained = closed({
  ...{ from: text, to: text, via: orNull(text), verdict: verdicts },
  ...{ outbound: explainedEnd, inbound: explainedEnd },
});
export const explainAnswer = closed({
  ...{ from: text, to: text, service: text, version: count },
  ...{ effective: viewAnswer, intended: viewAnswer, pairs: Type.Array(explained) },
});
