import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createLog, formatEvent, silentLog } from '../../shared/log.ts';

const test = suite('log');

test('an event is one line of plain words and facts', () => {
  assert.is(
    formatEvent('lease-granted', { serial: 'CSN74803BB1', seconds: 120, restore: false }),
    'lease-granted serial=CSN74803BB1 seconds=120 restore=false',
  );
  assert.is(formatEvent('started'), 'started');
});

test('what is absent is left out; nothing and null are shown', () => {
  assert.is(formatEvent('e', { a: undefined, b: null, c: '' }), 'e b=null c=""');
});

test('paths, times and addresses need no quotes', () => {
  const plain = {
    a: '/library/users',
    b: '2026-11-22T14:05',
    c: 'ds@host:22',
    d: '-1.5',
    e: 'a+b',
  };
  assert.is(
    formatEvent('e', plain),
    'e a=/library/users b=2026-11-22T14:05 c=ds@host:22 d=-1.5 e=a+b',
  );
});

const INJECTIONS: [what: string, value: string, shown: string][] = [
  ['a new line', 'Ana\nlease-granted serial=X', '"Ana\\nlease-granted serial=X"'],
  ['a carriage return', 'Ana\rX', '"Ana\\rX"'],
  ['a space that begins a fact', 'Ana serial=X', '"Ana serial=X"'],
  ['an equals sign', 'a=b', '"a=b"'],
  ['a quote', 'a"b', '"a\\"b"'],
  ['a backslash', 'a\\nb', '"a\\\\nb"'],
  ['an escape sequence', '\x1b[2J', '"\\u001b[2J"'],
  ['an 8-bit escape sequence', '\x9b2J', '"\\u009b2J"'],
  ['a NUL', 'a\0b', '"a\\u0000b"'],
  ['a backspace', 'a\bb', '"a\\bb"'],
  ['DEL', 'a\x7fb', '"a\\u007fb"'],
  ['NEL', 'a\x85b', '"a\\u0085b"'],
  ['a line separator', 'a\u2028b', '"a\\u2028b"'],
  ['a paragraph separator', 'a\u2029b', '"a\\u2029b"'],
  ['text turned round', 'a\u202eb', '"a\\u202eb"'],
  ['an isolate', 'a\u2066b\u2069', '"a\\u2066b\\u2069"'],
  ['a left-to-right mark', 'a\u200eb', '"a\\u200eb"'],
  ['an Arabic letter mark', 'a\u061cb', '"a\\u061cb"'],
  ['half of a character', 'a\ud800b', '"a\\ud800b"'],
];

for (const [what, value, shown] of INJECTIONS) {
  test(`cannot be forged with ${what}`, () => {
    assert.is(formatEvent('registered', { nick: value }), `registered nick=${shown}`);
  });
}

test('no character that a terminal obeys gets through', () => {
  for (let code = 0; code < 0x10000; code += 1) {
    const line = formatEvent('e', { v: `a${String.fromCharCode(code)}b` });
    const obeyed = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
    assert.not.match(line, obeyed);
  }
});

test('names of children stay readable', () => {
  assert.is(formatEvent('e', { nick: 'José María ☀' }), 'e nick="José María ☀"');
  assert.is(formatEvent('e', { nick: 'محمد' }), 'e nick="محمد"');
});

test('each event ends its line, and a warning says that it is one', () => {
  const lines: string[] = [];
  const log = createLog((line) => lines.push(line));
  log.info('a', { x: 1 });
  log.warn('b');
  assert.equal(lines, ['a x=1\n', 'warning: b\n']);
  silentLog.info('c');
  silentLog.warn('d');
});

test.run();
