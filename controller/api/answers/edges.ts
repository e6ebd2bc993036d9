import { decisionStates } from '@bulkhead/flows/decision-state.ts';
import Type from 'typebox';
import { closed, count, labels, milliseconds, orNull, pageOf, text, texts, time, words } from './values.ts';

const end = Type.Union([
  closed({ kind: Type.Literal('workload'), name: text, labels, managed: Type.Boolean() }),
  closed({ kind: Type.Literal('address'), network: text, address: text, claimedBy: texts }),
]);
const verdict = words('allow', 'deny');
const state = words(...decisionStates);
const counts = { attempts: count, denied: count, wouldBeDenied: count, records: count };
const ruleFields = {
  end: words('source', 'destination'),
  effective: verdict,
  intended: verdict,
  effectiveRule: orNull(text),
  intendedRule: orNull(text),
};
const server = closed({ process: orNull(text), unit: orNull(text), user: orNull(text) });

const edge = closed({
  key: text,
  from: end,
  to: end,
  service: count,
  serviceText: text,
  ...counts,
  state,
  latest: state,
  rules: Type.Array(closed({ ...ruleFields, attempts: count })),
  server: orNull(server),
  first: milliseconds,
  last: milliseconds,
  reporters: texts,
  sequence: count,
});

const groupEnd = Type.Union([
  closed({ kind: Type.Literal('workload'), name: text }),
  closed({ kind: Type.Literal('labels'), labels: Type.Record(text, orNull(text)) }),
  closed({ kind: Type.Literal('address'), text }),
  closed({ kind: Type.Literal('addresses') }),
]);
const group = closed({
  key: text,
  from: groupEnd,
  to: groupEnd,
  service: count,
  serviceText: text,
  ...counts,
  state,
  latest: state,
  edges: count,
  first: milliseconds,
  last: milliseconds,
});

const sequence = Type.Integer({
  description: 'Of the state of all edges that this shows; every page of a walk has it',
});

export const edgesAnswer = Type.Union([
  pageOf(edge, { sequence }),
  closed({ groups: Type.Array(group), next: orNull(text), sequence }),
]);

const column = Type.Array(Type.Integer());

export const edgeTableAnswer = closed({
  ends: Type.Array(end),
  services: Type.Array(count),
  states: Type.Array(state),
  rules: Type.Array(closed(ruleFields)),
  servers: Type.Array(server),
  firstFrom: milliseconds,
  sequenceFrom: count,
  columns: closed({
    ...{ from: column, to: column, service: column, attempts: column, denied: column, wouldBeDenied: column },
    ...{
      records: column,
      state: column,
      latest: column,
      server: column,
      first: column,
      last: column,
      sequence: column,
    },
    rules: Type.Array(column),
    reporters: Type.Array(Type.Union([Type.Integer({ minimum: 0, maximum: 3 }), texts])),
  }),
  sequence,
  lastEvent: text,
});

export const flowsAnswer = pageOf(
  closed({
    reporter: text,
    from: end,
    to: end,
    service: count,
    serviceText: text,
    first: time,
    last: time,
    direction: words('inbound', 'outbound'),
    network: text,
    local: text,
    peer: text,
    effective: verdict,
    intended: verdict,
    effectiveRule: orNull(text),
    intendedRule: orNull(text),
    generation: count,
    count,
    records: count,
    process: orNull(text),
    unit: orNull(text),
    user: orNull(text),
  }),
);
