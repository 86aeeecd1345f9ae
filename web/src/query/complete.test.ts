import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FieldInfo } from '../api/types';
import { accept, complete } from './complete';

const fields: FieldInfo[] = [
  { name: 'host.name', type: 'keyword', values: ['web-1', 'web-2'] },
  { name: 'http.request.method', type: 'keyword', values: ['GET', 'POST'] },
  { name: 'log.level', type: 'keyword', values: ['error', 'info', 'warn'] },
  { name: 'url.path', type: 'keyword', values: ['/cart', '/a b'] },
];
const labels = (text: string) => complete(text, text.length, fields).items.map((i) => i.label);

test('names are suggested, the best first', () => {
  assert.deepEqual(labels('h'), ['host.name', 'http.request.method', 'url.path']);
  assert.deepEqual(labels('refused AND le'), ['log.level']);
  assert.deepEqual(labels('-log'), ['log.level']);
  assert.deepEqual(labels('zzz'), []);
});

test('values are suggested behind a colon', () => {
  assert.deepEqual(labels('log.level:'), ['error', 'info', 'warn']);
  assert.deepEqual(labels('(log.level:w'), ['warn']);
  assert.deepEqual(labels('url.path:"/c'), ['/cart']);
  assert.deepEqual(labels('unknown:x'), []);
  assert.deepEqual(labels('"in a phrase'), []);
});

test('a suggestion takes the place of what was typed', () => {
  for (const [before, after, label, want] of [
    ['refused lev', ' x', 'log.level', 'refused log.level:| x'],
    ['log.level:er', '', 'error', 'log.level:error |'],
    ['log.level:er', ' x', 'error', 'log.level:error| x'],
    ['url.path:"/a', '"', '/a b', 'url.path:"/a b" |'],
    ['-ho', '', 'host.name', '-host.name:|'],
  ] as const) {
    const found = complete(before + after, before.length, fields);
    const item = found.items.find((i) => i.label === label);
    assert.ok(item, `${label} is suggested for ${before}`);
    const got = accept(before + after, found, item);
    assert.equal(`${got.text.slice(0, got.caret)}|${got.text.slice(got.caret)}`, want);
  }
});
