import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordsPattern } from './words';

const marked = (query: string, text: string) => text.replace(wordsPattern(query) ?? /(?!)/, (found) => `<${found}>`);

test('the words that were looked for are found in the message', () => {
  assert.equal(marked('refused', 'payment Refused, refused'), 'payment <Refused>, <refused>');
  assert.equal(marked('"payment refused" host.name:payment', 'the payment: refused payment'), 'the <payment: refused> payment');
  assert.equal(marked('pay* message:card', 'payment by card'), '<pay>ment by <card>');
  assert.equal(marked('(größe OR b)', 'Größe b'), '<Größe> <b>');
});

test('what must not be there, and other fields, are not', () => {
  assert.equal(wordsPattern('NOT refused -payment log.level:error http.status:[1 TO 5]'), undefined);
  assert.equal(wordsPattern(''), undefined);
  assert.equal(marked('a.b+c', 'a b c a.b+c'), '<a b c> <a.b+c>');
});
