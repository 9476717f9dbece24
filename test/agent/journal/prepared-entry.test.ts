import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  datedEntry,
  isSameButForTime,
  isTornCopy,
  prepareEntry,
  timedEntry,
} from '../../../agent/journal/prepared-entry.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';
import { uidOf } from './journal.ts';

const test = suite('an entry in the form the datastore can keep');
const uid = uidOf(1);

function entryOf(properties: Record<string, string | Buffer>, content = ''): Entry {
  return {
    content: content ? { digest: digestOf(content), size: content.length } : null,
    properties: new Map(Object.entries(properties).map(([k, v]) => [k, Buffer.from(v as string)])),
  };
}

const TIMES = { timestamp: '5', creation_time: '4' };

const RULES: [string, Record<string, string | Buffer>, Record<string, unknown>, number][] = [
  ['ordinary text stays', { title: 'Ñandú 🐦' }, { title: 'Ñandú 🐦' }, 0],
  ['empty text stays', { tags: '' }, { tags: '' }, 0],
  [
    'a preview stays bytes',
    { preview: Buffer.from([1, 255]) },
    { preview: Buffer.from([1, 255]) },
    0,
  ],
  [
    'what is not UTF-8 is read as well as can be',
    { title: Buffer.from([65, 255]) },
    { title: 'A�' },
    1,
  ],
  ['zero bytes go', { title: 'a\0b' }, { title: 'ab' }, 1],
  [
    'a property too large for Sugar is left out',
    { big: Buffer.alloc(512_001, 65) },
    { big: undefined },
    1,
  ],
  ['the largest one stays', { big: 'A'.repeat(512_000) }, { big: 'A'.repeat(512_000) }, 0],
  ['a name with a colon is left out', { 'title:text': 'x' }, { 'title:text': undefined }, 1],
  ['a time with a fraction is rounded', { timestamp: '12.75' }, { timestamp: '12' }, 1],
  [
    'a time beyond 32 bits goes, the creation time stands in',
    { timestamp: '9999999999' },
    { timestamp: '4' },
    1,
  ],
  ['a time that is no number goes', { timestamp: 'today' }, { timestamp: '4' }, 1],
  [
    "what Sugar's index cannot have as one term is shortened",
    { activity: 'a'.repeat(244), mime_type: `${'a'.repeat(199)}ñ${'b'.repeat(100)}` },
    { activity: 'a'.repeat(200), mime_type: 'a'.repeat(199) },
    2,
  ],
  ['a time before 1970 stays', { timestamp: '-5' }, { timestamp: '-5' }, 0],
];
for (const [name, properties, expected, repairs] of RULES) {
  test(name, () => {
    const prepared = prepareEntry(entryOf({ ...TIMES, ...properties }), uid, 99);
    for (const [key, value] of Object.entries(expected)) {
      assert.equal(prepared.properties.get(key), value);
    }
    assert.is(prepared.repairs.length, repairs, prepared.repairs.join());
  });
}

test('what the datastore adds by itself is foreseen: uid, size and times', () => {
  const { properties, repairs } = prepareEntry(entryOf({ filesize: '1' }, 'four'), uid, 99);
  const added = ['uid', 'filesize', 'timestamp', 'creation_time'].map((k) => properties.get(k));
  assert.equal(added, [uid, '4', '99', '99']);
  assert.equal(repairs, []);
});

test('an entry that needs nothing keeps its digest', () => {
  const entry = entryOf({ ...TIMES, uid, filesize: '4', title: 't' }, 'four');
  const again = prepareEntry(prepareEntry(entry, uid, 1).expected, uid, 2);
  assert.is(again.digest, prepareEntry(entry, uid, 3).digest);
});

/** Does it as a laptop in this time zone would. */
function inZone<T>(zone: string, work: () => T): T {
  const before = process.env.TZ;
  process.env.TZ = zone;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
}

test('the date in a title is the day of the laptop, not that of Greenwich', () => {
  const evening = String(Date.UTC(2026, 10, 23, 1, 30) / 1000);
  const title = (zone: string) =>
    inZone(zone, () => {
      const dated = datedEntry(entryOf({ title: 'Boat', timestamp: evening }), '');
      return dated.properties.get('title')?.toString();
    });
  assert.equal([title('America/Lima'), title('UTC')], ['Boat (2026-11-22)', 'Boat (2026-11-23)']);
});

const TITLES: [string, Record<string, string>, string][] = [
  ['its own date', { title: 'Boat', timestamp: '1700000000' }, 'Boat (2023-11-14)'],
  ['the date of the snapshot where it has none', { title: 'Boat' }, 'Boat (2026-01-02)'],
  ['only a date where it has no title', { timestamp: '0' }, '(1970-01-01)'],
];
for (const [name, properties, title] of TITLES) {
  test(`the title of an entry beside another carries ${name}`, () => {
    const dated = inZone('UTC', () => datedEntry(entryOf(properties), '2026-01-02'));
    assert.is(dated.properties.get('title')?.toString(), title);
  });
}

test('at the top of the Journal it is the same work at another time', () => {
  const entry = entryOf({ title: 'x', timestamp: '5', creation_time: '4' }, 'content');
  const timed = timedEntry(entry, 99);
  assert.is(timed.properties.get('timestamp')?.toString(), '99');
  assert.is(entry.properties.get('timestamp')?.toString(), '5', 'the other is as it was');
  assert.ok(isSameButForTime(timed, entry));
  assert.ok(isSameButForTime(entryOf({ title: 'x', creation_time: '4' }, 'content'), entry));
  assert.not(isSameButForTime(entryOf({ title: 'y', creation_time: '4' }, 'content'), entry));
  assert.not(isSameButForTime(entryOf({ title: 'x', creation_time: '4' }, 'other'), entry));
});

test('dates that an entry does not have are no difference', () => {
  for (const times of [
    {},
    { timestamp: 'x' },
    { timestamp: '1700000000000' },
    { creation_time: '' },
  ]) {
    const entry = entryOf({ title: 'x', ...times }, 'content');
    const [first, later] = [1, 2].map((seconds) => prepareEntry(entry, uid, seconds));
    assert.ok(first && later);
    assert.ok(isSameButForTime(first.expected, later.expected, later.invented));
    assert.not(isSameButForTime(first.expected, later.expected), 'they do differ');
  }
  const { invented } = prepareEntry(entryOf({ ...TIMES, title: 'x' }), uid, 1);
  assert.equal(invented, []);
});

test('a torn copy is one without the content and with nothing of its own', () => {
  const whole = entryOf({ title: 'x', tags: 'y' }, 'content');
  assert.ok(isTornCopy(entryOf({ title: 'x' }), whole));
  assert.ok(isTornCopy(entryOf({ title: 'x', timestamp: '7' }), whole), 'of an earlier try');
  assert.not(isTornCopy(entryOf({ title: 'changed' }), whole));
  assert.not(isTornCopy(entryOf({ title: 'x' }, 'other'), whole));
  assert.not(isTornCopy(entryOf({ title: 'x', mine: '1' }), whole));
});

test('files that a power cut emptied are torn; what a child emptied is hers', () => {
  const whole = entryOf({ uid, timestamp: '5', title: 'x', tags: 'y' }, 'content');
  const torn: [Record<string, string>, string][] = [
    [{ uid, timestamp: '5', title: 'x', tags: 'y' }, ''],
    [{ uid: '', timestamp: '', title: '' }, ''],
    [{ uid: '', timestamp: '5', title: 'x', tags: '' }, 'content'],
  ];
  for (const [properties, content] of torn) {
    assert.ok(isTornCopy(entryOf(properties, content), whole), JSON.stringify(properties));
  }
  const hers: [Record<string, string>, string][] = [
    [{ uid, timestamp: '5', title: 'x', tags: '' }, 'content'],
    [{ uid, timestamp: '5', title: 'mine', tags: 'y' }, ''],
    [{ uid: '', timestamp: '5', title: 'x' }, 'other'],
  ];
  for (const [properties, content] of hers) {
    assert.not(isTornCopy(entryOf(properties, content), whole), JSON.stringify(properties));
  }
});

test.run();
