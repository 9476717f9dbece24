import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeFlaw } from '../../../agent/journal/flaw.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';

const test = suite('remains of an entry');

const GOOD = digestOf('good');
const WHOLE = { uid: 'u', timestamp: '1700000000', title: 'Mi dibujo', filesize: '4' };

function entryOf(properties: Record<string, string>, text: string | null): Entry {
  const content = text === null ? null : { digest: digestOf(text), size: text.length };
  const values = Object.entries(properties).map(([n, value]) => [n, Buffer.from(value)] as const);
  return { content, properties: new Map(values) };
}

type Row = [
  what: string,
  entry: Entry,
  base: Parameters<typeof judgeFlaw>[1],
  use: 'base' | 'as-is' | 'nothing' | undefined,
];

const empty = Object.fromEntries(Object.keys(WHOLE).map((name) => [name, '']));
const TABLE: Row[] = [
  ['a whole entry', entryOf(WHOLE, 'good'), { content: GOOD }, undefined],
  ['a new whole entry', entryOf(WHOLE, 'good'), undefined, undefined],
  ['one without content', entryOf({ ...WHOLE, filesize: '0' }, null), undefined, undefined],
  ['one without a noted size', entryOf({ uid: 'u', timestamp: '1' }, null), undefined, undefined],
  ['one that never had an uid', entryOf({ timestamp: '1' }, 'x'), undefined, undefined],
  ['everything empty', entryOf(empty, ''), { content: GOOD }, 'base'],
  ['everything empty, base unread', entryOf(empty, ''), { content: undefined }, 'base'],
  ['everything empty and new', entryOf(empty, ''), undefined, 'nothing'],
  ['no properties', entryOf({}, null), undefined, 'nothing'],
  ['no properties but content', entryOf({}, 'work'), undefined, 'as-is'],
  ['an empty timestamp', entryOf({ ...WHOLE, timestamp: '' }, ''), { content: GOOD }, 'base'],
  ['an empty uid', entryOf({ ...WHOLE, uid: '' }, 'good'), { content: GOOD }, 'base'],
  ['an empty uid, new', entryOf({ ...WHOLE, uid: '' }, 'good'), undefined, 'as-is'],
  ['empty properties, new content', entryOf(empty, 'new work'), { content: GOOD }, 'as-is'],
  ['content of 0 bytes', entryOf(WHOLE, ''), { content: GOOD }, 'base'],
  ['no content', entryOf(WHOLE, null), { content: GOOD }, 'base'],
  ['no content, base unread', entryOf(WHOLE, null), { content: undefined }, 'base'],
  ['no content, and none before', entryOf(WHOLE, null), { content: null }, 'as-is'],
  ['no content, empty before', entryOf(WHOLE, ''), { content: digestOf('') }, 'as-is'],
  ['no content, new', entryOf(WHOLE, null), undefined, 'as-is'],
  ['content cut short', entryOf(WHOLE, 'goo'), { content: GOOD }, 'as-is'],
  ['longer content', entryOf(WHOLE, 'longer'), { content: GOOD }, undefined],
  ['short content, base unread', entryOf(WHOLE, 'goo'), { content: undefined }, undefined],
  ['short content, and none before', entryOf(WHOLE, 'goo'), { content: null }, undefined],
  ['short content, empty before', entryOf(WHOLE, 'goo'), { content: digestOf('') }, undefined],
  ['short content, new', entryOf(WHOLE, 'goo'), undefined, undefined],
  ['short content as at school', entryOf(WHOLE, 'goo'), { content: digestOf('goo') }, undefined],
  [
    'short content that was told of when the school got it',
    entryOf(WHOLE, 'goo'),
    { content: digestOf('goo'), isOdd: true },
    'as-is',
  ],
  [
    'whole content of which something is odd',
    entryOf(WHOLE, 'good'),
    { content: GOOD, isOdd: true },
    undefined,
  ],
];

for (const [what, entry, base, use] of TABLE) {
  test(`${what} → ${use ?? 'no flaw'}`, () => {
    const flaw = judgeFlaw(entry, base);
    assert.is(flaw?.use, use);
    assert.is(flaw === undefined, use === undefined);
  });
}

test('short content is named with both sizes', () => {
  const flaw = judgeFlaw(entryOf(WHOLE, 'goo'), { content: GOOD });
  assert.is(flaw?.why, 'its content has 3 of 4 bytes');
});

test('content that is kept at school only is not missing', () => {
  const mark = {
    ...{ serial: 'ABC12345678', digest: GOOD, content: GOOD, bytes: 4, title: '', shown: '' },
    pinned: true,
  };
  const properties = { ...WHOLE, 'ds-backup-kept': JSON.stringify(mark) };
  assert.is(judgeFlaw(entryOf(properties, ''), { content: GOOD }), undefined);
});

test('a property that the disk does not give keeps the good version, but for new content', () => {
  const unread = ['its title cannot be read'];
  const useOf = (text: string, base: Row[2]) => judgeFlaw(entryOf(WHOLE, text), base, unread)?.use;
  assert.is(useOf('good', { content: GOOD }), 'base');
  assert.is(useOf('good', { content: undefined }), 'base');
  assert.is(useOf('new work', { content: GOOD }), 'as-is');
  assert.is(useOf('good', undefined), 'as-is');
});

test.run();
