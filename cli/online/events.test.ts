import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser, type ServerEvent } from './events.ts';

const event = (data: string, more: Partial<ServerEvent> = {}): ServerEvent => ({
  id: null,
  event: 'message',
  data,
  ...more,
});

const cases: readonly (readonly [what: string, text: string, events: readonly ServerEvent[]])[] = [
  ['one event', 'data: a\n\n', [event('a')]],
  ['id and name', 'id: 7\nevent: edges\ndata: {}\n\n', [event('{}', { id: '7', event: 'edges' })]],
  ['data over two lines', 'data: a\ndata: b\n\n', [event('a\nb')]],
  ['no blank after the colon', 'data:a\n\n', [event('a')]],
  ['carriage returns', 'data: a\r\n\r\n', [event('a')]],
  ['two events', 'data: a\n\ndata: b\n\n', [event('a'), event('b')]],
  ['a comment only', ': still here\n\n', []],
  ['a name without data', 'event: edges\n\n', []],
  ['an event not yet ended', 'data: a\n', []],
  ['a retry', 'retry: 100\n\n', []],
];

for (const [what, text, events] of cases) {
  test(`events: ${what}`, () => assert.deepEqual(new EventParser().add(text), events));
  test(`events: ${what}, one character at a time`, () => {
    const parser = new EventParser();
    const found = [...text.replaceAll('\r', '')].flatMap((character) => parser.add(character));
    assert.deepEqual(found, events);
  });
}
