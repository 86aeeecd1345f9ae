import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, bytes, rate, short, span, utc } from './format';
import { fromLocal, instant, label, moves, pinned, toLocal } from './range';

const now = Date.UTC(2026, 10, 22, 12);

test('bounds become instants', () => {
  assert.equal(instant('now-15m', now), now - 900e3);
  assert.equal(instant('now-1d+1h', now), now - 82800e3);
  assert.equal(instant('2026-11-22T12:00:00Z', now), now);
  assert.equal(instant(String(now), 0), now);
  assert.equal(instant('', now), undefined);
  assert.equal(instant('yesterday', now), undefined);
});

test('a shared range stays where it is', () => {
  assert.deepEqual(pinned({ from: 'now-1h', to: '' }, now), { from: '2026-11-22T11:00:00.000Z', to: '2026-11-22T12:00:00.000Z' });
  assert.deepEqual(pinned({ from: '', to: '' }, now), { from: '', to: '2026-11-22T12:00:00.000Z' });
  assert.equal(moves({ from: '', to: '' }), true);
  assert.equal(moves({ from: '', to: '2026-11-22T12:00:00Z' }), false);
});

test('local input fields round-trip', () => {
  assert.equal(fromLocal(toLocal(now)), new Date(now).toISOString());
  assert.equal(fromLocal('nonsense'), '');
});

test('numbers read well', () => {
  assert.deepEqual([short(0), short(12.34), short(1234), short(2_500_000)], ['0', '12.3', '1.2 k', '2.5 M']);
  assert.deepEqual([bytes(0), bytes(1023), bytes(1536), bytes(5 * 2 ** 30)], ['0 B', '1,023 B', '1.5 KiB', '5 GiB']);
  assert.deepEqual([rate(0), rate(0.01), rate(25)], ['0/s', '< 0.1/s', '25/s']);
  assert.deepEqual([span(0), span(0.42), span(61), span(3600), span(90061)], ['0 s', '0.4 s', '1 min 1 s', '1 h', '1 d 1 h']);
  assert.equal(ago(new Date(now - 5000), now), '5 s ago');
  assert.equal(ago(new Date(now + 5000), now), 'just now');
  assert.equal(utc(new Date(now)), '2026-11-22 12:00:00.000 UTC');
  assert.equal(label({ from: 'now-3d', to: '' }), 'Last 3 days');
});
