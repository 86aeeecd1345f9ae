import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CollectionConfig } from '../../api/types';
import { changed, fromConfig, NEW, steps, toConfig } from './draft';

const config: CollectionConfig = {
  description: 'for people', app: 'shop', env: 'prod', select: { hosts: ['web-*', 'db-1'], labels: { zone: 'eu-*' } }, paths: ['/var/log/a.log', '/var/log/b/**'],
  exclude: ['*.gz'], start: 'end', priority: 3, period: 'week', retention_days: 30, keep_original: true, timezone: 'Europe/Berlin',
  pipeline: [{ format: 'json' }, { set: { field: 'a', value: 'x": y, "z' } }],
};

test('a config comes back from its form', () => {
  assert.deepEqual(toConfig(fromConfig('shop', config)).config, config);
});

test('how files are read comes back from the form, too', () => {
  for (const reading of [
    { start: '24h', ignore_older: '168h', gzip: true, container: 'cri', charset: 'gbk', max_line_bytes: 65536 },
    { multiline: { preset: 'java', timeout: '5s', max_bytes: 131072, max_lines: 500 } },
    { multiline: { mode: 'end', pattern: '\\\\$', negate: true, timeout: '10s', max_bytes: 1024, max_lines: 2 } },
    { limits: { lines_per_second: 500, burst: '30s' } },
    { inputs: ['syslog'], topics: ['other'] },
    { a_key_of_a_newer_server: { x: [1] } },
  ]) {
    const whole = { ...config, ...reading } as CollectionConfig;
    assert.deepEqual(toConfig(fromConfig('shop', whole)).config, whole);
  }
  assert.deepEqual(changed(config, toConfig(fromConfig('shop', config)).config), []);
});

test('a limit that is no number is passed on for the server to refuse', () => {
  assert.deepEqual(toConfig({ ...NEW, lineLimit: 'many' }).config.limits, { lines_per_second: 'many' });
  assert.equal(toConfig({ ...NEW, burst: '1s' }).config.limits, undefined);
});

test('an empty form leaves it to the server what is missing', () => {
  const { config: empty } = toConfig(NEW);
  assert.equal('app' in empty, false);
  assert.equal('paths' in empty, false);
  assert.deepEqual(empty.pipeline, []);
});

test('a number that is none is passed on, a broken pipeline is kept back', () => {
  const built = toConfig({ ...NEW, retention: 'soon', pipeline: '[{]' });
  assert.equal(built.config.retention_days, 'soon');
  assert.equal(built.broken?.offset, 2);
  assert.equal('pipeline' in built.config, false);
});

test('steps are one a line', () => {
  assert.equal(steps([{ format: 'json' }, { drop: { if: 'a' } }]), '[\n  {"format": "json"},\n  {"drop": {"if": "a"}}\n]');
  assert.equal(steps([]), '[]');
  for (const pipeline of [config.pipeline!, [{ set: { value: 'long '.repeat(30) } }]]) assert.deepEqual(JSON.parse(steps(pipeline)), pipeline);
});

test('only what differs is named', () => {
  assert.deepEqual(changed(config, { ...config, name: 'x', app: 'web', paths: ['/a'] }), ['app', 'paths']);
  assert.deepEqual(changed({ select: { hosts: [], labels: { a: '1', b: '2' } } }, { select: { labels: { b: '2', a: '1' }, hosts: [] }, exclude: [] }), []);
});
