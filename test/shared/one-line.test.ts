import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { harmless } from '../../agent/cli/plain-text.ts';
import { oneLine, visible } from '../../shared/one-line.ts';
import { factsOf } from '../../xs/api/entry-facts.ts';

const test = suite("somebody else's text");

const MARKS = ['\u061c', '\u200e', '\u200f', '\u202e', '\u2066', '\u2028', '\u2029', '\u0085'];
const CONTROLS = ['\0', '\x07', '\x1b', '\x7f', '\u009b', '\n', '\r', '\t'];
for (const one of [...MARKS, ...CONTROLS]) {
  const name = `U+${one.charCodeAt(0).toString(16).padStart(4, '0')}`;
  test(`${name} reaches neither a page nor a terminal`, () => {
    const properties = new Map([['title', Buffer.from(`a${one}b`)]]);
    assert.is(factsOf({ properties, content: null }, 0).title, 'a b');
    assert.is(harmless(`a${one}b`), 'a b');
  });
}

test('letters, joiners and pictures stay as they are', () => {
  for (const text of ['ñandú', 'می\u200cخواهم', '👩\u200d🏫', 'العربية', '漢字']) {
    assert.is(oneLine(text, 99), text);
  }
});

test('it is cut between characters, and half ones are replaced', () => {
  assert.is(oneLine('  🐟🐟🐟  ', 2), '🐟🐟');
  assert.is(oneLine('abc', 3), 'abc');
  assert.is(oneLine('abcd', 3), 'abc');
  assert.is(visible('a\ud83d'), 'a\ufffd');
  assert.is(visible(' a '), ' a ', 'spaces are no harm');
});

test.run();
