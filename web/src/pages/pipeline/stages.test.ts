import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stage } from '../../api/types';
import { health, lagText, measured, percent, rateText, total } from './stages';

const now = Date.UTC(2026, 10, 22, 12);
const stage = (change: Partial<Stage>): Stage => ({ name: 'enrich', instances: 1, in: 0, out: 0, rate_in: 0, rate_out: 0, ...change });
const word = (change: Partial<Stage>) => health(stage(change), now).tone;

test('a stage is as well as its lag and its errors', () => {
  assert.equal(health(undefined, now).tone, 'off');
  assert.equal(word({}), 'ok');
  assert.equal(word({ instances: 0 }), 'off');
  assert.equal(word({ lag_seconds: 30 }), 'warn');
  assert.equal(word({ lag_seconds: 300 }), 'error');
  assert.equal(word({ last_error: 'x', last_error_at: new Date(now - 1000).toISOString() }), 'warn');
  assert.equal(word({ last_error: 'x', last_error_at: new Date(now - 3600e3).toISOString() }), 'ok');
});

test('lag and reasons read well', () => {
  assert.equal(lagText(stage({})), 'none');
  assert.equal(lagText(stage({ lag_records: 1, lag_seconds: 2 })), '1 record, 2 s');
  assert.equal(lagText(stage({ lag_records: 3, lag_seconds: 0.4 })), '3 records');
  assert.equal(total({ a: 1, b: 2 }), 3);
  assert.equal(total(null), 0);
});

test('a rate that is not known yet is no nought', () => {
  assert.equal(rateText(stage({ measuring: true }), 0), 'measuring…');
  assert.equal(rateText(stage({ measuring: false }), 0), '0/s');
  assert.equal(measured(stage({ measuring: true })), undefined);
  assert.equal(measured(stage({ rate_in: 3 }))?.rate_in, 3);
});

test('a share of failures is told in whole per cent', () => {
  assert.equal(percent({ lines: 0, failed: 0 }), 'none');
  assert.equal(percent({ lines: 1000, failed: 1 }), 'less than 1 %');
  assert.equal(percent({ lines: 200, failed: 81 }), '41 %');
});
