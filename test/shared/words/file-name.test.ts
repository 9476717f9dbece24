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
