import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unknownField } from './unknown';

const KNOWN = ['@timestamp', 'service.name', 'log.level', 'message', 'http.response.status_code', 'source.address', 'url.path', 'log.file.path'];
const meant = (query: string) => unknownField(query, KNOWN)?.meant?.query;

test('a field that people call by a shorter name is found', () => {
  assert.equal(meant('level:error'), 'log.level:error');
  assert.equal(meant('refused AND (app:"shop-app" OR log.level:error)'), 'refused AND (service.name:"shop-app" OR log.level:error)');
  assert.equal(meant('-status:>=500'), '-http.response.status_code:>=500');
  assert.equal(meant('Message:x'), 'message:x');
});

test('a field is found by the end of its name where only one has it', () => {
  assert.equal(meant('address:"10.0.0.1"'), 'source.address:"10.0.0.1"');
  assert.deepEqual(unknownField('nothing:1', KNOWN), { field: 'nothing' });
});

test('known fields, folders of fields, wildcards, words and phrases are left alone', () => {
  for (const query of ['log.level:error', 'url:(a OR b)', '_exists_:nothing', 'log.*:x', 'refused', '"level: high"', '"a:b"']) assert.equal(unknownField(query, KNOWN), undefined, query);
});

test('without known fields nothing is called unknown', () => assert.equal(unknownField('level:error', []), undefined));
