import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edge } from '@bulkhead/flows/edge.ts';
import { QueryClient, QueryObserver } from '@tanstack/react-query';
import { addressEnd, sampleEdge } from '../scene/sample-estate.ts';
import type { AllEdges } from './all-edges.ts';
import { eventCache } from './event-cache.ts';
import { type EventStream, followEvents } from './follow-events.ts';
import type { EdgeChange } from './types.ts';

const end = addressEnd('192.0.2.1');
const edgeOf = (key: string, attempts = 1): Edge => ({ ...sampleEdge({ from: end, to: end, attempts }), key });
/** `a b5`: edges a and b, the second with five attempts. */
const edgesOf = (text: string): Edge[] =>
  text.split(' ').flatMap((one) => (one === '' ? [] : [edgeOf(one.slice(0, 1), Number(one.slice(1) || 1))]));
const allOf = (text: string, lastEvent: string): AllEdges => ({
  byKey: new Map(edgesOf(text).map((edge) => [edge.key, edge])),
  complete: true,
  lastEvent,
});
const textOf = (edges: AllEdges | undefined): string | undefined =>
  edges && [...edges.byKey].map(([key, { attempts }]) => `${key}${attempts === 1 ? '' : attempts}`).join(' ');

type Answer = () => Promise<AllEdges>;
type World = {
  readonly page?: string;
  /** Edges that an earlier session left. */
  readonly known?: AllEdges;
  readonly answer?: Answer;
  /** Whether somebody looks at the edges. */
  readonly isLooked?: boolean;
};

/** A console that follows events: a cache as it is used, and a stream that is told by hand. */
function consoleOf({ page = '/policy', known, answer = async () => allOf('', '1-0'), isLooked = false }: World) {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  let asked = 0;
  const queryFn: Answer = () => {
    asked++;
    return answer();
  };
  const query = { queryKey: ['edges'], queryFn };
  if (known !== undefined) client.setQueryData(query.queryKey, known);
  if (isLooked) new QueryObserver(client, query).subscribe(() => undefined);
  const heard = { opened: [] as string[], closed: 0, states: [] as string[], noted: [] as EdgeChange[] };
  const uses = new Map<string, ((told: { readonly data: string; readonly lastEventId: string }) => void)[]>();
  const open = (path: string): EventStream => {
    heard.opened.push(path);
    return {
      addEventListener: (kind, use) => uses.set(kind, [...(uses.get(kind) ?? []), use]),
      close: () => heard.closed++,
    };
  };
  const stop = followEvents({
    cache: eventCache(client, query),
    page,
    open,
    note: (change) => heard.noted.push(change),
    changed: (state) => heard.states.push(state),
  });
  const tell = (kind: string, id = '', body: unknown = {}): void => {
    for (const use of uses.get(kind) ?? []) use({ data: JSON.stringify(body), lastEventId: id });
  };
  const edges = (): AllEdges | undefined => client.getQueryData(query.queryKey);
  return { client, query, heard, stop, tell, edges, asked: () => asked };
}

/** All that is under way without a timer or a network. */
const settled = () => new Promise<void>((done) => setImmediate(done));
const refused: Answer = () => Promise.reject(new Error('refused'));
const known = allOf('a b', '7-41');

/** Where a session begins, what is known, and where events go on from; `asked`: whether edges are. */
const beginnings: readonly (readonly [title: string, world: World, opened: string, asked: number])[] = [
  ['another page, nothing known', { page: '/policy' }, '/api/v1/events', 0],
  ['another page, edges known from before', { page: '/policy', known }, '/api/v1/events?after=7-41', 0],
  ['the map, edges known from before', { page: '/map', known }, '/api/v1/events?after=7-41', 0],
  ['the map, nothing known', { page: '/map', answer: async () => allOf('a', '8-2') }, '/api/v1/events?after=8-2', 1],
  ['the start page', { page: '/', answer: async () => allOf('a', '8-2') }, '/api/v1/events?after=8-2', 1],
  ['the map, and no answer', { page: '/map', answer: refused }, '/api/v1/events', 1],
  ['a page below the map', { page: '/map/else' }, '/api/v1/events', 0],
  ['an event of any name', { known: allOf('', 'a&b=1') }, '/api/v1/events?after=a%26b%3D1', 0],
];
for (const [title, world, opened, asked] of beginnings) {
  test(`events go on from what is known: ${title}`, async () => {
    const follower = consoleOf(world);
    await settled();
    assert.deepEqual([follower.heard.opened, follower.asked()], [[opened], asked]);
  });
}

test('on the map nothing is opened before the edges are there', async () => {
  const answer = Promise.withResolvers<AllEdges>();
  const { heard } = consoleOf({ page: '/map', answer: () => answer.promise });
  await settled();
  assert.deepEqual(heard.opened, []);
  answer.resolve(allOf('a', '8-2'));
  await settled();
  assert.deepEqual(heard.opened, ['/api/v1/events?after=8-2']);
});

test('who stops before that opens nothing, and who stops later closes it', async () => {
  const early = consoleOf({ known });
  early.stop();
  await settled();
  assert.deepEqual([early.heard.opened, early.heard.closed], [[], 0]);
  const late = consoleOf({ known });
  await settled();
  late.stop();
  assert.deepEqual([late.heard.opened.length, late.heard.closed], [1, 1]);
});

/** Events in the order they are told: edges that are there, edges that are gone, and what is known then. */
type Event = readonly [id: string, edges: string, removed: string];
const changes: readonly (readonly [
  title: string,
  before: AllEdges | undefined,
  events: Event[],
  after: string | undefined,
  lastEvent: string | undefined,
])[] = [
  ['nothing', known, [], 'a b', '7-41'],
  ['an edge changes', known, [['7-42', 'b5', '']], 'a b5', '7-42'],
  ['an edge is new', known, [['7-42', 'c', '']], 'a b c', '7-42'],
  ['an edge is gone', known, [['7-42', '', 'a']], 'b', '7-42'],
  ['an edge that nobody knew is gone', known, [['7-42', '', 'z']], 'a b', '7-42'],
  ['one is gone and another there', known, [['7-42', 'c2', 'b']], 'a c2', '7-42'],
  ['one is gone and there again at once', known, [['7-42', 'a3', 'a']], 'b a3', '7-42'],
  [
    'the last of several counts',
    known,
    [
      ['7-42', 'a5', ''],
      ['7-43', 'a6', ''],
      ['7-45', 'b7', ''],
    ],
    'a6 b7',
    '7-45',
  ],
  ['no edges are known', undefined, [['7-42', 'a', '']], undefined, undefined],
];
for (const [title, before, events, after, lastEvent] of changes) {
  test(`edges are kept as events say: ${title}`, async () => {
    const { tell, edges, heard } = consoleOf(before === undefined ? {} : { known: before });
    await settled();
    for (const [id, changed, removed] of events) {
      tell('edges', id, { edges: edgesOf(changed), removed: removed === '' ? [] : [removed] });
    }
    assert.deepEqual([textOf(edges()), edges()?.lastEvent], [after, lastEvent]);
    assert.equal(heard.noted.length, events.length);
    assert.equal(textOf(known), 'a b');
  });
}

test('a session that ended goes on from the last event of the one before', async () => {
  const { tell, stop, edges } = consoleOf({ known });
  await settled();
  tell('edges', '7-48', { edges: edgesOf('c'), removed: [] });
  stop();
  const left = edges();
  assert.ok(left !== undefined);
  const next = consoleOf({ known: left });
  await settled();
  assert.deepEqual(next.heard.opened, ['/api/v1/events?after=7-48']);
});

for (const [kind, keys] of [
  ['host', ['hosts', 'status']],
  ['provision', ['hosts', 'provisions', 'status', 'versions']],
  ['version', ['drafts', 'status', 'versions']],
  ['estate', ['hosts', 'status', 'workloads']],
  ['disk', ['status']],
  ['edges', []],
  ['hello', []],
  ['nonsense', []],
  ['reset', ['audit', 'drafts', 'hosts', 'provisions', 'status', 'versions', 'workloads']],
] as const)
  test(`an event of kind ${kind} makes old: ${keys.join(', ') || 'nothing'}`, async () => {
    const { client, tell } = consoleOf({});
    await settled();
    const all = ['audit', 'drafts', 'hosts', 'provisions', 'status', 'versions', 'workloads'];
    for (const key of all) client.setQueryData([key, 'one'], 1);
    tell(kind, '7-42', { edges: [], removed: [] });
    assert.deepEqual(
      all.filter((key) => client.getQueryState([key, 'one'])?.isInvalidated),
      keys,
    );
  });

test('after a reset edges that nobody looks at are let go, and asked for when somebody does', async () => {
  const { client, query, tell, edges, asked } = consoleOf({ known, answer: async () => allOf('z', '9-1') });
  await settled();
  tell('reset', '9-0');
  tell('edges', '9-1', { edges: edgesOf('z'), removed: [] });
  assert.deepEqual([edges(), asked()], [undefined, 0]);
  new QueryObserver(client, query).subscribe(() => undefined);
  await settled();
  assert.deepEqual([textOf(edges()), asked()], ['z', 1]);
});

test('after a reset edges that are looked at stay until they are asked for afresh', async () => {
  const answer = Promise.withResolvers<AllEdges>();
  const { tell, edges, asked } = consoleOf({ known, isLooked: true, answer: () => answer.promise });
  await settled();
  tell('reset', '9-0');
  assert.deepEqual([textOf(edges()), asked()], ['a b', 1]);
  answer.resolve(allOf('z', '9-1'));
  await settled();
  assert.equal(textOf(edges()), 'z');
});

test('it is told whether events come', async () => {
  const { tell, heard } = consoleOf({});
  await settled();
  for (const kind of ['open', 'error', 'open']) tell(kind);
  assert.deepEqual(heard.states, ['live', 'away', 'live']);
});
