import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventsOf, MAX_EVENTS, textOf } from './sample';

test('each line of a sample is an event, without its end', () => {
  assert.deepEqual(eventsOf('one\r\n\ntwo \n', false), { events: ['one', 'two '], cut: false });
  assert.deepEqual(eventsOf('', false), { events: [], cut: false });
});

test('where events have several lines, blank lines part them', () => {
  assert.deepEqual(eventsOf('failed\n\tat a\n\tat b\n\n \ndone\n', true).events, ['failed\n\tat a\n\tat b', 'done']);
});

test('a sample is cut where the server would refuse it', () => {
  const many = eventsOf('x\n'.repeat(MAX_EVENTS + 1), false);
  assert.deepEqual([many.events.length, many.cut], [MAX_EVENTS, true]);
  assert.equal(eventsOf('x\n'.repeat(MAX_EVENTS), false).cut, false);
  assert.deepEqual(eventsOf(`${'ü'.repeat(100_000)}\n${'ü'.repeat(100_000)}`, false).events.length, 1);
});

test('events become a sample that gives them back', () => {
  const events = ['failed\n\tat a', 'done', 'panic: x\n\ngoroutine 1 [running]:'];
  assert.deepEqual(eventsOf(textOf(events), true).events, ['failed\n\tat a', 'done', 'panic: x\ngoroutine 1 [running]:']);
});
