import { existsSync, mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { removeStaleNames } from '../../../agent/journal/sugar-optimizer.ts';
import type { Paths } from '../../../agent/paths.ts';
import { testIf } from '../../runner/skip.ts';
import { makeProfile, putEntry, putProperty, uidOf } from './journal.ts';
import { HAS_OTHER_DISK, onOtherDisk } from './other-disk.ts';

const test = suite("names that Sugar's optimizer believes");

function putNames({ journal }: Paths, checksum: string, ...names: string[]): string {
  const folder = join(journal, 'checksums', checksum);
  mkdirSync(folder, { recursive: true });
  for (const name of names) writeFileSync(join(folder, name), '');
  return folder;
}

test('those of entries that are gone or have other content go, with an empty folder', () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, uidOf(1), 'x');
  putProperty(paths, uidOf(1), 'checksum', 'c1');
  const good = putNames(paths, 'c1', uidOf(1), uidOf(2));
  const stale = putNames(paths, 'c2', uidOf(1), uidOf(2));
  removeStaleNames(paths);
  assert.equal(readdirSync(good), [uidOf(1)]);
  assert.is(existsSync(stale), false);
  assert.equal(readdirSync(join(paths.journal, 'checksums')), ['c1'], 'nothing else is left');
});

test('what a power cut left of such a folder goes the next time', () => {
  using profile = makeProfile();
  const { paths } = profile;
  putNames(paths, '.ds-backup', uidOf(1));
  putNames(paths, 'c2', uidOf(2));
  removeStaleNames(paths);
  assert.equal(readdirSync(join(paths.journal, 'checksums')), []);
});

const apart = testIf(HAS_OTHER_DISK, test, 'a Journal on another disk, which this machine lacks');

apart('they go as well where the Journal is on another disk', () => {
  using profile = makeProfile();
  using disk = onOtherDisk();
  const { paths } = profile;
  rmdirSync(paths.journal);
  symlinkSync(disk.path, paths.journal);
  const stale = putNames(paths, 'c2', uidOf(2));
  removeStaleNames(paths);
  assert.is(existsSync(stale), false);
});

test.run();
