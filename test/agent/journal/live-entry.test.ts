import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import type { Datastore } from '../../../agent/journal/datastore.ts';
import {
  readLiveEntry,
  readSettledEntry,
  replaceContent,
  writeLiveEntry,
} from '../../../agent/journal/live-entry.ts';
import { inJournal, type Paths } from '../../../agent/paths.ts';
import { realClock } from '../../../shared/clock.ts';
import type { DsError } from '../../../shared/errors.ts';
import type { Uid } from '../../../shared/ids.ts';
import { digestOf, type Entry } from '../../../shared/journal/entry.ts';
import { makeProfile, putContent, putEntry, putProperty, uidOf } from './journal.ts';

const test = suite('one entry of the living Journal');

const UID = uidOf(1);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: DsError) => error.code,
  );

/** A context whose waits take no time; each calls `onSleep`. */
function contextOf(paths: Paths, onSleep: () => void = () => {}): Context {
  const clock = { ...realClock, sleep: async () => onSleep() };
  return { paths, clock, signal: new AbortController().signal } as unknown as Context;
}

/** Writes properties to the disk as Sugar's does; `onCount` happens before it answers `count`. */
class WritingDatastore {
  writes = 0;
  constructor(
    readonly paths: Paths,
    readonly onCount: () => void = () => {},
    readonly forgets: string[] = [],
  ) {}
  async count(): Promise<number> {
    this.onCount();
    return 1;
  }
  async update(uid: Uid, properties: ReadonlyMap<string, string | Buffer>): Promise<void> {
    this.writes += 1;
    for (const [name, value] of properties) {
      if (!this.forgets.includes(name)) putProperty(this.paths, uid, name, value);
    }
  }
  get asDatastore(): Datastore {
    return this as unknown as Datastore;
  }
}

const retitled = (entry: Entry, title: string): Entry => ({
  ...entry,
  properties: new Map(entry.properties).set('title', Buffer.from(title)),
});

test('what was written is read back, and something else is an error', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, UID, 'turtles', { creation_time: '1', title: 'Old' });
  let looks = 0;
  const context = contextOf(paths, () => {
    looks += 1;
  });
  const { entry } = await readLiveEntry(context, UID);
  const good = new WritingDatastore(paths);
  await writeLiveEntry(context, good.asDatastore, UID, retitled(entry, 'New'), '');
  assert.equal([good.writes, looks], [1, 0]);
  const bad = new WritingDatastore(paths, undefined, ['title']);
  const written = writeLiveEntry(context, bad.asDatastore, UID, retitled(entry, 'Lost'), '');
  assert.is(await codeOf(written), 'damaged');
  assert.is(looks, 6, 'the optimizer was given time');
});

test('what the optimizer was still working on is good at a later look', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, UID, 'turtles', { creation_time: '1' });
  const late = contextOf(paths, () => putProperty(paths, UID, 'title', 'New'));
  const { entry } = await readLiveEntry(late, UID);
  const datastore = new WritingDatastore(paths, undefined, ['title']);
  await writeLiveEntry(late, datastore.asDatastore, UID, retitled(entry, 'New'), '');
});

test('a save that was queued before ours stays, and ours is not written', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, UID, 'turtles', { creation_time: '1' });
  const datastore = new WritingDatastore(paths, () => putContent(paths, UID, 'her own!'));
  const seen: string[] = [];
  const change = (entry: Entry) => {
    seen.push(entry.content?.digest ?? '');
    if (entry.content?.digest !== digestOf('turtles')) throw new Error('not what it was');
    return entry;
  };
  const replaced = replaceContent(contextOf(paths), datastore.asDatastore, UID, '', change);
  await replaced.then(
    () => assert.unreachable(),
    (error) => assert.match(error.message, /not what it was/),
  );
  assert.equal(seen, [digestOf('turtles'), digestOf('her own!')]);
  assert.is(datastore.writes, 0);
});

test('an entry that is saved at every look is left alone', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, UID, 'turtles');
  let saves = 0;
  const datastore = new WritingDatastore(paths, () => {
    saves += 1;
    putContent(paths, UID, `save ${'x'.repeat(saves)}`);
  });
  const replaced = replaceContent(contextOf(paths), datastore.asDatastore, UID, '', (it) => it);
  assert.is(await codeOf(replaced), 'unreadable');
  assert.equal([saves, datastore.writes], [8, 0]);
});

test('an entry is settled when its content is whole, after waiting if need be', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, UID, 'half', { filesize: '7' });
  const context = contextOf(paths, () => putContent(paths, UID, 'turtles'));
  assert.is((await readSettledEntry(context, UID)).entry.content?.size, 7);
  putProperty(paths, UID, 'filesize', '99');
  assert.is(await codeOf(readSettledEntry(contextOf(paths), UID)), 'unreadable');
  rmSync(join(inJournal(paths, UID).path, 'data'));
  assert.is(await codeOf(readSettledEntry(contextOf(paths), UID)), 'bad-input');
  assert.is(await codeOf(readSettledEntry(contextOf(paths), uidOf(2))), 'not-found');
});

test('the temporary file of a datastore that was killed makes no entry busy for ever', async () => {
  using profile = makeProfile();
  const { paths } = profile;
  putEntry(paths, UID, 'old');
  writeFileSync(join(inJournal(paths, UID).path, 'metadata', '.title'), '');
  const context = contextOf(paths);
  assert.is(await codeOf(readSettledEntry(context, UID)), 'unreadable', 'it may be at work');
  // The times of files are rounded: a moment more than none has to have passed.
  const freshness = { racyNs: 0n, settledMs: -1 };
  const { doubt } = await readSettledEntry({ ...context, freshness }, UID);
  assert.is(doubt, 'unfinished');
});

test.run();
