import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EMPTY, failedEvents, format, parse } from './searchState';

test('the default state needs no words', () => {
  assert.equal(format(EMPTY), '');
  assert.deepEqual(parse(''), EMPTY);
});

test('every state comes back from its address', () => {
  for (const state of [
    { ...EMPTY, q: 'a & b=c "ü" #1', app: 'shop', host: 'web-1', level: 'error', from: '', to: '2026-11-22T12:00:00Z' },
    { ...EMPTY, refresh: 0, columns: ['message', 'odd,name', '100%', 'a%2Cb'], wrap: true, tail: true },
    { ...EMPTY, from: 'now-15m', columns: ['message'] },
  ]) {
    assert.deepEqual(parse(format(state)), state);
  }
});

test('nonsense is as by default', () => {
  assert.deepEqual(parse('refresh=banana&cols=,,&wrap=yes&unknown=1'), EMPTY);
});

test('the failed events of a collection are a search of their own', () => {
  const state = parse(failedEvents('shop-app').slice(2));
  assert.equal(state.q, 'millrace.collection:shop-app tags:_*_failure');
  assert.ok(state.columns.includes('error.message'), 'the cause is a column');
});
