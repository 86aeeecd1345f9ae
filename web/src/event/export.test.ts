import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Hit, LogEvent } from '../api/types';
import { csv, ndjson } from './export';
import { flatten, scalars } from './flatten';

const hit = (event: LogEvent) => ({ id: 'x', event });

test('nested objects become dotted names', () => {
  assert.deepEqual(flatten({ a: { b: 1, c: {} }, tags: ['x', 'y'], n: null }), { 'a.b': 1, 'a.c': {}, tags: ['x', 'y'], n: null });
  assert.deepEqual(scalars(['x', 1, null, { a: 1 }]), ['x', 1]);
});

const table = (hits: Hit[], columns: string[]) => {
  const { head, rows } = csv(columns);
  return head + rows(hits);
};

test('CSV quotes what needs it and disarms formulas', () => {
  const got = table([hit({ message: 'say "hi",\nthere', log: { level: 'info' } }), hit({ message: '=1+1', n: -5, d: '-x' }), hit({})], ['message', 'log.level', 'n', 'd']);
  assert.equal(got, '\uFEFFmessage,log.level,n,d\r\n"say ""hi"",\nthere",info,,\r\n\'=1+1,,-5,\'-x\r\n,,,\r\n');
});

test('no sign begins a formula, however it is written', () => {
  for (const value of ['=1', '+1', '-1+1', '@SUM(1)', '\t=1', '\r=1', '\n=1', '＝1', '＋1', '－1', '＠SUM(1)']) {
    assert.match(csv(['m']).rows([hit({ m: value })]), /^"?'/, JSON.stringify(value));
  }
  assert.equal(csv(['m']).rows([hit({ m: 'a;=1' })]), '"a;=1"\r\n');
});

test('the time keeps its name', () => {
  assert.equal(csv(['@timestamp', '@other']).head, "\uFEFF@timestamp,'@other\r\n");
});

test('NDJSON is one whole event a line', () => {
  assert.equal(ndjson.rows([hit({ message: 'a\nb' })]), '{"_id":"x","message":"a\\nb"}\n');
});
