import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { downloadName, FileNames } from '../../../shared/words/file-name.ts';
import { within } from '../../runner/patience.ts';

const test = suite('names of files');

test('a title of any length becomes a name at once', async () => {
  const long = 100_000;
  const titles = ['.', ' .', '\u0301', '%', ' ', '字', '👩‍👩‍👧'].map(
    (one) => `a${one.repeat(long)}b`,
  );
  const at = performance.now();
  for (const title of titles)
    assert.ok(Buffer.byteLength(downloadName(title, '')) <= 80 * 4, title.slice(0, 9));
  await within('names', 1000, performance.now() - at);
});

test('a title that is cut in the middle of a character is still text', () => {
  const name = downloadName(`${'%'.repeat(999)}👩`, 'text/plain');
  assert.is(name, 'journal.txt');
  assert.not.match(new FileNames().next(`a${'👩‍👩‍👧'.repeat(300)}`, 'text/plain'), /\p{Cs}/u);
});

const NAMES: [title: string, type: string, name: string][] = [
  ['My house', 'text/plain', 'My house.txt'],
  ['My house.txt', 'text/plain', 'My house.txt'],
  ['My house.TXT', 'text/plain', 'My house.TXT'],
  ['txt.house', 'text/plain', 'txt.house.txt'],
  ['photo.jpeg', 'image/jpeg', 'photo.jpeg'],
  ['photo.png', 'image/jpeg', 'photo.png.jpg'],
  ['A thing', '', 'A thing'],
  ['A thing', 'application/octet-stream', 'A thing'],
  ['A thing', 'x/unknown', 'A thing'],
  ['Tortuga', 'application/x-turtle-art', 'Tortuga.ta'],
  ['Tortuga.ta', 'application/x-turtle-art', 'Tortuga.ta'],
  ['Tortuga.TA', 'application/x-turtle-art', 'Tortuga.TA'],
  ['Write', 'application/vnd.olpc-sugar', 'Write.xo'],
  ['a/b\\c:d*e?f"g<h>i|j%k;l', '', 'a b c d e f g h i j k l'],
  ['two\nlines\u2028and\u2029more', '', 'two lines and more'],
  ['a   \t b', '', 'a b'],
  ['..hidden..', '', 'hidden'],
  ['  . a. b . ', '', 'a. b'],
  ['\u202eevil', '', 'evil'],
  ['', '', 'journal'],
  ['...', 'text/plain', 'journal.txt'],
  ['e\u0301', '', 'é'],
  ['字'.repeat(100), '', '字'.repeat(80)],
  [`${'a'.repeat(79)} b`, '', 'a'.repeat(79)],
];
for (const [title, type, name] of NAMES) {
  test(`${JSON.stringify(title.slice(0, 30))}, ${type || 'of no type'}, is ${name.slice(0, 30)}`, () => {
    assert.is(downloadName(title, type), name);
  });
}

/** As a system sees them, one after the other. */
const BESIDE: [titles: string[], type: string, names: string[]][] = [
  [['a', 'a', 'a'], 'text/plain', ['a.txt', 'a (2).txt', 'a (3).txt']],
  [['a', 'A'], '', ['a', 'A (2)']],
  [['a', 'a (2)', 'a'], '', ['a', 'a (2)', 'a (3)']],
  [
    ['con', 'NUL.txt', 'lpt1', 'COM7.log', 'aux', 'prn.a'],
    '',
    ['_con', '_NUL.txt', '_lpt1', '_COM7.log', '_aux', '_prn.a'],
  ],
  [['console', 'xcon', 'com', 'lptx'], '', ['console', 'xcon', 'com', 'lptx']],
  [['字'.repeat(80)], 'text/plain', [`${'字'.repeat(48)}.txt`]],
  [[`${'字'.repeat(49)}. ${'字'.repeat(20)}`], '', ['字'.repeat(49)]],
  [['字'.repeat(60)], '', ['字'.repeat(50)]],
  [['a.verylongending'], '', ['a.verylongending']],
];
for (const [titles, type, names] of BESIDE) {
  test(`${names.join(', ').slice(0, 60)} may lie beside each other`, () => {
    const all = new FileNames();
    assert.equal(
      titles.map((title) => all.next(title, type)),
      names,
    );
  });
}

test('names that some system takes for one are told apart', () => {
  const pairs = [
    ['Straße', 'STRASSE'],
    ['ΟΔΟΣ', 'οδος'],
    ['οδοσ', 'οδος'],
    ['naïve', 'nai\u0308ve'],
    ['ﬁn', 'FIN'],
  ];
  for (const [first = '', second = ''] of pairs) {
    const names = new FileNames();
    names.next(first, 'text/plain');
    assert.match(names.next(second, 'text/plain'), /\(2\)\.txt$/, second);
  }
});

test('ten thousand alike titles get names that differ, as fast as others', async () => {
  const at = performance.now();
  const names = new FileNames();
  const all = new Set<string>();
  for (let n = 0; n < 5000; n += 1) {
    all.add(names.next('a house', 'text/plain'));
    all.add(names.next(`a house (${n})`, 'text/plain'));
  }
  assert.is(all.size, 10_000);
  await within('names', 2000, performance.now() - at);
});

test.run();
