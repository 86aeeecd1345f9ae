import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEvent } from '../api/types';
import { csv, ndjson } from './export';
import { flatten, scalars } from './flatten';

const hit = (event: LogEvent) => ({ id: 'x', event });

test('nested objects become dotted names', () => {
  assert.deepEqual(flatten({ a: { b: 1, c: {} }, tags: ['x', 'y'], n: null }), { 'a.b': 1, 'a.c': {}, tags: ['x', 'y'], n: null });
  assert.deepEqual(scalars(['x', 1, null, { a: 1 }]), ['x', 1]);
});

test('CSV quotes what needs it and disarms formulas', () => {
  const got = csv([hit({ message: 'say "hi",\nthere', log: { level: 'info' } }), hit({ message: '=1+1', n: -5, d: '-x' }), hit({})], ['message', 'log.level', 'n', 'd']);
  assert.equal(got, 'message,log.level,n,d\r\n"say ""hi"",\nthere",info,,\r\n\'=1+1,,-5,\'-x\r\n,,,\r\n');
});

test('the time keeps its name', () => {
  assert.equal(csv([], ['@timestamp', '@other']), "@timestamp,'@other\r\n");
});

test('NDJSON is one whole event a line', () => {
  assert.equal(ndjson([hit({ message: 'a\nb' })]), '{"_id":"x","message":"a\\nb"}\n');
});
