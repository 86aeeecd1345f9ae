import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventParser } from './sse';

test('events come whole however the stream is cut', () => {
  const text = ': hello\nevent: hit\ndata: {"a":1}\n\nevent: status\r\ndata: x\r\ndata: y\r\n\r\ndata: alone\n\n';
  const want = [{ event: 'hit', data: '{"a":1}' }, { event: 'status', data: 'x\ny' }, { event: 'message', data: 'alone' }];
  for (let size = 1; size <= text.length; size++) {
    const parser = new EventParser();
    const got = [];
    for (let i = 0; i < text.length; i += size) got.push(...parser.push(text.slice(i, i + size)));
    assert.deepEqual(got, want, `pieces of ${size}`);
  }
});

test('what is not finished is kept back', () => {
  const parser = new EventParser();
  assert.deepEqual(parser.push('data: half'), []);
  assert.deepEqual(parser.push('\n'), []);
  assert.deepEqual(parser.push('\n'), [{ event: 'message', data: 'half' }]);
});
