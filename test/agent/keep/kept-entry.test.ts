import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  emptied,
  keptStateOf,
  marked,
  refilled,
  unmarked,
} from '../../../agent/keep/kept-entry.ts';
import { parseSerial, parseSnapshotName } from '../../../shared/ids.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';
import { KEPT_PROPERTY, type KeptMark } from '../../../shared/journal/kept.ts';

const test = suite('an entry on its way to school and back');

const contentOf = (text: string) => ({ digest: digestOf(text), size: text.length });
const entryOf = (title: string, text: string | null, more: [string, string][] = []): Entry => ({
  content: text === null ? null : contentOf(text),
  properties: new Map(
    [['title', title], ...more].map(([name = '', v = '']) => [name, Buffer.from(v)]),
  ),
});
const titleOf = ({ properties }: Entry) => properties.get('title')?.toString();

const WHOLE = entryOf('Río', 'turtles', [['tags', 'x']]);
const MARK: KeptMark = {
  ...{ serial: parseSerial('SHC00000001'), digest: digestOf('version') },
  ...{ content: digestOf('turtles'), bytes: 7 },
  ...{ title: 'Río', shown: 'Río · Kept at school', pinned: true },
};
const MARKED = marked(WHOLE, MARK);
const AWAY = emptied(MARKED, MARK);

test('each step away and back is told from the others by the entry alone', () => {
  const steps = [
    [WHOLE, 'ordinary'],
    [MARKED, 'here'],
    [AWAY, 'away'],
    [{ ...AWAY, content: null }, 'away'],
    [refilled(AWAY, MARK, contentOf('turtles')), 'here'],
    [{ ...AWAY, content: contentOf('something else') }, 'overwritten'],
  ] as const;
  for (const [entry, is] of steps) assert.is(keptStateOf(entry).type, is);
});

test('there and back again it is what it was', () => {
  assert.equal(unmarked(refilled(AWAY, MARK, contentOf('turtles'))), WHOLE);
  assert.equal(unmarked(MARKED), WHOLE);
});

test('the title changes only while the content is gone', () => {
  assert.is(titleOf(MARKED), 'Río');
  assert.is(titleOf(AWAY), 'Río · Kept at school');
  assert.is(titleOf(refilled(AWAY, MARK, contentOf('turtles'))), 'Río');
});

test('cut off between new properties and old content, the title is put right', () => {
  const half = { ...AWAY, content: WHOLE.content };
  assert.is(keptStateOf(half).type, 'here');
  assert.equal(unmarked(half), WHOLE);
});

test('what a child renamed and changed meanwhile stays so', () => {
  const properties = new Map(AWAY.properties)
    .set('title', Buffer.from('Mine'))
    .set('tags', Buffer.from('y'));
  const back = unmarked(refilled({ ...AWAY, properties }, MARK, contentOf('turtles')));
  assert.equal(back, entryOf('Mine', 'turtles', [['tags', 'y']]));
});

test('a mark that nobody can read goes, and changes nothing else', () => {
  const odd = entryOf('Río', 'turtles', [
    ['tags', 'x'],
    [KEPT_PROPERTY, '{"serial":1}'],
  ]);
  assert.is(keptStateOf(odd).type, 'ordinary');
  assert.equal(unmarked(odd), WHOLE);
});

/** A copy from a day in the Journal, with so much of its content. */
function copyWith(text: string, filesize: number): Entry {
  const snapshot = parseSnapshotName('datastore-2026-11-20_09:30');
  const mark: KeptMark = { ...MARK, shown: MARK.title, pinned: false, snapshot };
  const sized = entryOf('Río', text, [
    ['filesize', String(filesize)],
    ['mountpoint', '/'],
  ]);
  return marked(sized, mark);
}

test('a copy that broke off is told from one that is whole, and from what a child made of it', () => {
  assert.is(keptStateOf(copyWith('', 7)).type, 'away');
  assert.is(keptStateOf(copyWith('turt', 7)).type, 'away', 'the size of the whole is noted first');
  assert.is(keptStateOf(copyWith('turtles', 7)).type, 'here');
  assert.is(keptStateOf(copyWith('mine', 4)).type, 'overwritten');
  const kept = marked(entryOf('Río', 'turt', [['filesize', '7']]), MARK);
  assert.is(keptStateOf(kept).type, 'overwritten', 'no copy: only the datastore was at it');
});

test('a whole copy loses its mark, and what Sugar noted about the copying', () => {
  const names = [...unmarked(copyWith('turtles', 7)).properties.keys()];
  assert.equal(names, ['title', 'filesize']);
});

test.run();
