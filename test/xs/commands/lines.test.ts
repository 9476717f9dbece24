import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columns, counted, fold, TERMINAL_WORDS } from '../../../xs/commands/lines.ts';

const test = suite('what commands print for people');

test('one is one, and all else are several', () => {
  assert.equal(
    [0, 1, 2].map((n) => counted(n, 'laptop')),
    ['0 laptops', '1 laptop', '2 laptops'],
  );
  assert.equal(
    [counted(1, 'entry', 'entries'), counted(7, 'entry', 'entries')],
    ['1 entry', '7 entries'],
  );
});

test('columns are as wide as their widest cell, with numbers to the right', () => {
  assert.equal(
    columns([
      ['CSN74803BB1', 'Jocinta', '12', '1.5 MB', 'today'],
      ['SHC00800000', 'Jim', '3', '800 bytes', ''],
    ]),
    [
      'CSN74803BB1  Jocinta  12     1.5 MB  today', //
      'SHC00800000  Jim       3  800 bytes',
    ],
  );
});

test('a column with one word in it is no column of numbers', () => {
  assert.equal(columns([['12'], ['never']]), ['12', 'never']);
  assert.equal(
    columns([
      ['12', 'x'],
      ['never', 'y'],
    ]),
    ['12     x', 'never  y'],
  );
  assert.equal(
    columns([
      ['7', 'x'],
      ['', 'y'],
      ['12', 'z'],
    ]),
    [' 7  x', '    y', '12  z'],
  );
});

test('columns stand below each other whatever the letters are', () => {
  assert.equal(
    columns([
      ['家', 'x'],
      ['abc', 'y'],
      ['e\u0301\u200d', 'z'],
      ['', 'w'],
    ]),
    ['家   x', 'abc  y', 'e\u0301\u200d    z', '     w'],
  );
});

test('rows may have different lengths', () => {
  assert.equal(columns([['a'], ['bb', 'c']]), ['a', 'bb  c']);
});

test('a paragraph is folded at blanks, and a long word has a line of its own', () => {
  assert.equal(fold('a bb ccc', 8), ['a bb ccc']);
  assert.equal(fold('a bb ccc', 7), ['a bb', 'ccc']);
  assert.equal(fold('see /a/very/long/path now', 8), ['see', '/a/very/long/path', 'now']);
  assert.equal(fold('/a/very/long/path now', 8), ['/a/very/long/path', 'now']);
  assert.equal(fold('', 8), ['']);
});

test('a date is as terminals sort it', () => {
  assert.is(TERMINAL_WORDS.date(Date.UTC(2026, 10, 28, 12) / 1000), '2026-11-28');
});

test.run();
