import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial, parseUid } from '../../../shared/ids.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';
import {
  formatKeptMark,
  KEPT_PROPERTY,
  type KeptMark,
  keptMarkOf,
  pinOf,
  readMark,
} from '../../../shared/journal/kept.ts';

const test = suite('the mark of content that is only at school');

const MARK: KeptMark = {
  ...{ serial: parseSerial('SHC00000001'), digest: digestOf('x') },
  ...{ content: digestOf('y'), bytes: 7 },
  ...{ title: 'Río', shown: 'Río · Kept at school', pinned: true },
};

function entry(mark: string | undefined, size: number | null): Entry {
  const properties = new Map(mark === undefined ? [] : [[KEPT_PROPERTY, Buffer.from(mark)]]);
  return { properties, content: size === null ? null : { digest: digestOf(''), size } };
}

test('it is read back as it was written, with an empty content or none', () => {
  for (const size of [0, null]) {
    assert.equal(keptMarkOf(entry(formatKeptMark(MARK), size)), MARK);
  }
});

test('an entry with content is here, whatever it says', () => {
  assert.is(keptMarkOf(entry(formatKeptMark(MARK), 1)), undefined);
});

const JUNK = ['', '{}', '[]', 'null', '{"serial":1}', '\0', formatKeptMark(MARK).slice(0, -1)];
for (const junk of [...JUNK, formatKeptMark({ ...MARK, bytes: -1 })]) {
  test(`a mark that is none is no mark: ${JSON.stringify(junk).slice(0, 40)}`, () => {
    assert.is(keptMarkOf(entry(junk, 0)), undefined);
  });
}

test('an entry without a mark is an ordinary one', () => {
  assert.is(keptMarkOf(entry(undefined, 0)), undefined);
});

test('the pin with the content is that of the entry, unless the mark names another one', () => {
  const uid = parseUid('00000000-0000-4000-8000-000000000001');
  const other = parseUid('00000000-0000-4000-8000-000000000002');
  const { serial, digest } = MARK;
  assert.equal(pinOf(MARK, uid), { serial, uid, digest });
  assert.equal(pinOf({ ...MARK, uid: other }, uid), { serial, uid: other, digest });
  assert.is(keptMarkOf(entry(formatKeptMark({ ...MARK, uid: other }), 0))?.uid, other);
  assert.is(keptMarkOf(entry(JSON.stringify({ ...MARK, uid: '../x' }), 0)), undefined);
});

test('the mark itself can be read whatever the content is', () => {
  assert.equal(readMark(entry(formatKeptMark(MARK), 1)), MARK);
});

test.run();
