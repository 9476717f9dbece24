import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rebuildHazard, surveyJournal } from '../../../agent/journal/rebuild-hazard.ts';
import { inEntry, inJournal } from '../../../agent/paths.ts';
import { makeProfile, putEntry, putProperty, uidOf } from './journal.ts';

const test = suite("what a rebuild of Sugar's index would delete");

const WHOLE = { timestamp: '5', creation_time: '-4', filesize: '3', title: 'Ñandú' };

type Texts = Record<string, string | Buffer>;

function propertiesOf(texts: Texts): Map<string, Buffer> {
  return new Map(
    Object.entries(texts).map(([name, value]) => [name, Buffer.from(value as string)]),
  );
}

const RULES: [string, Texts, RegExp | undefined][] = [
  ['an ordinary entry is fit', {}, undefined],
  ['a preview may be any bytes', { preview: Buffer.from([255, 0]) }, undefined],
  ['long words and texts are fit', { title: 'x'.repeat(400_000) }, undefined],
  ['text that is not UTF-8', { title: Buffer.from([255]) }, /title is not text/],
  ['a property above 512,000 bytes', { tags: 'x'.repeat(512_001) }, /tags is too large/],
  ['a timestamp with a point', { timestamp: '5.5' }, /timestamp is not a whole number/],
  ['a timestamp that is empty', { timestamp: '' }, /timestamp is not a whole number/],
  ['a creation time beyond int32', { creation_time: '2147483648' }, /creation_time/],
  ['an activity that is no term', { activity: 'x'.repeat(244) }, /activity is too long/],
  ['a zero byte in a term', { mime_type: 'a\0b' }, /mime_type is too long/],
];

for (const [name, texts, expected] of RULES) {
  test(name, () => {
    const found = rebuildHazard(propertiesOf({ ...WHOLE, ...texts }), true);
    if (expected) assert.match(found ?? '', expected);
    else assert.is(found, undefined);
  });
}

test('what a rebuild would have to add and might not be able to', () => {
  for (const name of ['timestamp', 'creation_time', 'filesize'] as const) {
    const { [name]: _, ...rest } = WHOLE;
    assert.match(rebuildHazard(propertiesOf(rest), true) ?? '', new RegExp(`${name} is missing`));
  }
  const { filesize: _, ...bare } = WHOLE;
  assert.is(rebuildHazard(propertiesOf(bare), false), undefined, 'no content has no size');
});

test('a survey names the first entry that is in danger, and reads only what changed', () => {
  using profile = makeProfile();
  const { paths } = profile;
  for (const n of [1, 2]) putEntry(paths, uidOf(n), 'abc', { creation_time: '4' });
  const survey = surveyJournal(paths.journal, new Map(), new Set());
  assert.ok(typeof survey !== 'string' && survey.size === 2, String(survey));
  putProperty(paths, uidOf(2), 'title', Buffer.from([255]));
  assert.match(String(surveyJournal(paths.journal, survey, new Set())), /0002: title is not text/);
  const trusting = surveyJournal(paths.journal, survey, new Set([uidOf(2)]));
  assert.ok(typeof trusting !== 'string', 'what we placed ourselves is fit');
});

const DAMAGES: [string, (folder: string) => void, RegExp][] = [
  ['a link among the properties', (at) => symlinkSync('/nowhere', join(at, 'tags')), /tags/],
  ['a folder among them', (at) => mkdirSync(join(at, 'tags')), /tags/],
  [
    'a checksum that is not text',
    (at) => writeFileSync(join(at, 'checksum'), '\xff', 'latin1'),
    /checksum/,
  ],
];

for (const [name, damage, expected] of DAMAGES) {
  test(`${name} speaks against it`, () => {
    using profile = makeProfile();
    const { paths } = profile;
    putEntry(paths, uidOf(1), 'abc', { creation_time: '4' });
    damage(inEntry(inJournal(paths, uidOf(1))).metadata);
    assert.match(String(surveyJournal(paths.journal, new Map(), new Set())), expected);
  });
}

test('an entry that cannot be looked at is in danger, and not gone', () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x', { creation_time: '5' });
  symlinkSync('/nowhere/at/all', inJournal(paths, uidOf(2)).path);
  assert.type(surveyJournal(paths.journal, new Map(), new Set()), 'string');
});

test('a folder without metadata, or with a strange name, speaks against it', () => {
  using profile = makeProfile();
  const { paths } = profile;
  mkdirSync(inJournal(paths, uidOf(1)).path, { recursive: true });
  assert.match(String(surveyJournal(paths.journal, new Map(), new Set())), /no metadata/);
  mkdirSync(join(paths.journal, 'zz', 'z_'.repeat(18)), { recursive: true });
  assert.match(String(surveyJournal(paths.journal, new Map(), new Set())), /is not an entry/);
});

test.run();
