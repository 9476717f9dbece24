import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import type { Paths } from '../../../agent/paths.ts';
import { emptyFolder } from '../../../agent/profile.ts';
import { DatastoreWriter, type WriterOptions } from '../../../agent/restore/datastore-writer.ts';
import { FolderWriter } from '../../../agent/restore/folder-writer.ts';
import { makeWriter } from '../../../agent/restore/make-writer.ts';
import type { Tally } from '../../../agent/restore/tally.ts';
import { testIf } from '../../runner/skip.ts';
import { makeProfile } from '../journal/journal.ts';
import { HAS_OTHER_DISK, onOtherDisk } from '../journal/other-disk.ts';

const test = suite('the writer of a complete restore, by what the Journal is like');

/** The writer for many entries into this Journal, and what a person is told. */
function choose(change: (paths: Paths) => void) {
  using profile = makeProfile();
  const { paths } = profile;
  writeFileSync(paths.journalVersion, '6\n');
  emptyFolder(paths.restore);
  change(paths);
  const told: string[] = [];
  const context = { paths, env: {}, warn: (text: string) => void told.push(text) };
  const options = { context: context as unknown as Context } as WriterOptions;
  const writer = makeWriter(options, {} as Tally, 200, 0);
  return { writer, told: told.join('\n') };
}

test('folders are written in an ordinary Journal', () => {
  const { writer, told } = choose(() => {});
  assert.ok(writer instanceof FolderWriter);
  assert.is(told, '');
});

test('a Journal that was emptied while Sugar runs has no layout that can be read', () => {
  const { writer, told } = choose(({ journalVersion }) => rmSync(journalVersion));
  assert.ok(writer instanceof DatastoreWriter);
  assert.match(told, /the Journal's layout cannot be read/);
});

test('a folder that cannot be listed speaks against it, and does not end the restore', () => {
  const { writer, told } = choose(({ journal, own }) => symlinkSync(own, join(journal, 'ab')));
  assert.ok(writer instanceof DatastoreWriter);
  assert.match(told, /the Journal's folder ab cannot be listed: it is a symbolic link/);
});

const apart = testIf(HAS_OTHER_DISK, test, 'a Journal on another disk, which this machine lacks');

apart('nothing can be renamed into a Journal on another disk', () => {
  using disk = onOtherDisk();
  const { writer, told } = choose(({ journal, journalVersion }) => {
    rmSync(journal, { recursive: true });
    symlinkSync(disk.path, journal);
    writeFileSync(journalVersion, '6');
  });
  assert.ok(writer instanceof DatastoreWriter);
  assert.match(told, /the Journal is on another disk/);
});

test.run();
