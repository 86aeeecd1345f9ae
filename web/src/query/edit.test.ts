import assert from 'node:assert/strict';
import { test } from 'node:test';
import { term, withTerm } from './edit';

test('values are quoted where they must be', () => {
  assert.equal(term('log.level', 'error'), 'log.level:error');
  assert.equal(term('http.response.status_code', 500), 'http.response.status_code:500');
  assert.equal(term('message', 'a "b" \\c'), 'message:"a \\"b\\" \\\\c"');
  assert.equal(term('url.path', '/cart'), 'url.path:"/cart"');
  assert.equal(term('took_ms', -5), 'took_ms:"-5"');
  assert.equal(term('x', 'AND'), 'x:"AND"');
  assert.equal(term('x', ''), 'x:""');
  assert.equal(term('odd name:x', 'a'), 'odd\\ name\\:x:a');
});

test('a condition is added once', () => {
  assert.equal(withTerm('', 'a:1', false), 'a:1');
  assert.equal(withTerm('refused', 'a:1', false), 'refused a:1');
  assert.equal(withTerm('refused a:1', 'a:1', false), 'refused a:1');
  assert.equal(withTerm('refused', 'a:1', true), 'refused NOT a:1');
  assert.equal(withTerm('refused -a:1', 'a:1', true), 'refused -a:1');
});

test('its opposite goes', () => {
  assert.equal(withTerm('a:1', 'a:1', true), 'NOT a:1');
  assert.equal(withTerm('x AND a:1 AND y', 'a:1', true), 'x y NOT a:1');
  assert.equal(withTerm('NOT a:1', 'a:1', false), 'a:1');
  assert.equal(withTerm('x NOT a:"b c" y', 'a:"b c"', false), 'x y a:"b c"');
});

test('alternatives are kept together', () => {
  assert.equal(withTerm('a OR b', 'c:1', false), '(a OR b) c:1');
  assert.equal(withTerm('(a OR b) d', 'c:1', true), '(a OR b) d NOT c:1');
  assert.equal(withTerm('a OR c:1', 'c:1', false), '(a OR c:1) c:1');
  assert.equal(withTerm('"a OR b"', 'c:1', false), '"a OR b" c:1');
  assert.equal(withTerm('x:(a OR b)', 'c:1', false), 'x:(a OR b) c:1');
});
