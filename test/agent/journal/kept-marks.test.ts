import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  allMarks,
  keptVersions,
  listCopies,
  listMarks,
} from '../../../agent/journal/kept-marks.ts';
import { inEntry, inJournal } from '../../../agent/paths.ts';
import { parseSerial, parseSnapshotName } from '../../../shared/ids.ts';
import { digestOf } from '../../../shared/journal/entry.ts';
import { formatKeptMark, KEPT_PROPERTY } from '../../../shared/journal/kept.ts';
import { makeProfile, putEntry, type TestProfile, uidOf } from './journal.ts';

const test = suite('the marks of entries whose content is only at school');

const MARK = {
  ...{ serial: parseSerial('SHC00000001'), digest: digestOf('version'), pinned: true },
  ...{ content: digestOf('turtles'), bytes: 7, title: 'Río', shown: 'Río · Kept at school' },
};
const snapshot = parseSnapshotName('datastore-2026-11-22_14:05');

/** An entry that is kept at school, a copy from a shown day, and an ordinary one. */
function withMarks(): TestProfile {
  const profile = makeProfile();
  const mark = formatKeptMark(MARK);
  putEntry(profile.paths, uidOf(1), '', { [KEPT_PROPERTY]: mark });
  const copy = formatKeptMark({ ...MARK, snapshot, uid: uidOf(9) });
  putEntry(profile.paths, uidOf(2), '', { [KEPT_PROPERTY]: copy });
  putEntry(profile.paths, uidOf(3), 'x');
  return profile;
}

test('are found with what they say', () => {
  using profile = withMarks();
  const { paths } = profile;
  const uids = listMarks(paths).map(({ uid }) => uid);
  assert.equal(uids.sort(), [uidOf(1), uidOf(2)]);
  assert.equal(listCopies(paths), [uidOf(2)]);
  assert.equal(keptVersions(paths), new Map([[uidOf(1), MARK.digest]]));
});

test('another property that cannot be read does not hide them', () => {
  using profile = withMarks();
  const { paths } = profile;
  mkdirSync(join(inEntry(inJournal(paths, uidOf(1))).metadata, 'tags'));
  assert.equal(keptVersions(paths), new Map([[uidOf(1), MARK.digest]]));
  assert.is(allMarks(paths).length, 2);
});

test('what is damaged hides no other mark, but nobody may call the marks complete', () => {
  using profile = withMarks();
  const { paths } = profile;
  mkdirSync(join(inEntry(inJournal(paths, uidOf(4))).metadata, KEPT_PROPERTY), { recursive: true });
  assert.equal(keptVersions(paths), new Map([[uidOf(1), MARK.digest]]));
  assert.is(listMarks(paths).length, 2);
  assert.throws(() => allMarks(paths), /is not a regular file/);
});

test('what cannot be looked at is not taken for absent, an entry or the whole Journal', () => {
  using profile = withMarks();
  const { paths } = profile;
  const { metadata } = inEntry(inJournal(paths, uidOf(1)));
  rmSync(metadata, { recursive: true });
  symlinkSync(metadata, metadata); // ELOOP
  assert.throws(() => allMarks(paths), /cannot be looked at/);
  const journal = join(paths.own, 'loop');
  symlinkSync(journal, journal);
  assert.throws(() => allMarks({ journal }), /ELOOP/);
  assert.equal(allMarks({ journal: join(paths.own, 'absent') }), []);
});

test('the same where the entries of a folder cannot be listed', () => {
  using profile = withMarks();
  const { paths } = profile;
  symlinkSync(paths.own, join(paths.journal, 'ab'));
  assert.is(listMarks(paths).length, 2);
  assert.throws(() => allMarks(paths), /folder ab cannot be listed: it is a symbolic link/);
});

test.run();
