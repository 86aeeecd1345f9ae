import assert from 'node:assert/strict';
import { test } from 'node:test';
import { JsonError, lineOf, nearest, read } from './places';

const text = '[\n  {"format": "json"},\n  {"set": {"field": "a",\n    "value": [1, -2.5e3, "\\u00e9\\n", null, true]}}\n]';

test('it reads what JSON.parse reads', () => {
  for (const t of [text, '{}', '[]', ' "x" ', '0', '{"a":{"b":[[]]}}', 'false']) assert.deepEqual(read(t).value, JSON.parse(t));
});

test('places are found, or the nearest around', () => {
  const places = read(text);
  const line = (path: string) => lineOf(text, nearest(places, path));
  assert.equal(line('[1].set.field'), 3);
  assert.equal(line('[1].set.value[1]'), 4);
  assert.equal(line('[1].set.missing'), 3);
  assert.equal(line('[0].format.deeper.still'), 2);
  assert.equal(line('nothing'), 1);
});

test('what is no JSON is refused, with its place', () => {
  for (const [t, offset] of [['[1,]', 3], ['{"a" 1}', 5], ['{a:1}', 1], ['[1', 2], ['"x', 0], ['1 2', 2], ['', 0], ['[01]', 2], ['nul', 0]] as const) {
    assert.throws(() => JSON.parse(t));
    assert.throws(() => read(t), (e) => e instanceof JsonError && e.offset === offset, t);
  }
});
