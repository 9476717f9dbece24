import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Context } from '../../../agent/context.ts';
import type { Datastore } from '../../../agent/journal/datastore.ts';
import { listShownEntries, nameOf, uidAtSchool } from '../../../agent/journal/entry-name.ts';
import { readLiveEntry } from '../../../agent/journal/live-entry.ts';
import { inBatch, inEntry, inJournal, type Paths } from '../../../agent/paths.ts';
import { Meter } from '../../../agent/progress.ts';
import { DatastoreWriter, type WriterOptions } from '../../../agent/restore/datastore-writer.ts';
import type { Fetched } from '../../../agent/restore/fetch.ts';
import { FolderWriter } from '../../../agent/restore/folder-writer.ts';
import { Outcomes } from '../../../agent/restore/outcomes.ts';
import { besideUid } from '../../../agent/restore/plan.ts';
import { Tally } from '../../../agent/restore/tally.ts';
import type { Writer } from '../../../agent/restore/writer.ts';
import { openState, type State } from '../../../agent/state.ts';
import { DAY_MS, realClock } from '../../../shared/clock.ts';
import { DsError } from '../../../shared/errors.ts';
import { parseSnapshotName, type Uid } from '../../../shared/ids.ts';
import { digestOf, type Entry, encodeEntry, propertyText } from '../../../shared/journal/entry.ts';
import { listEntries } from '../../../shared/journal/journal-tree.ts';
import { testIf } from '../../runner/skip.ts';
import { makeProfile, putEntry, uidOf } from '../journal/journal.ts';
import { HAS_OTHER_DISK, onOtherDisk } from '../journal/other-disk.ts';

const snapshot = parseSnapshotName('datastore-2026-11-22_14:05');
const origin = { of: undefined, snapshot };

/** Keeps entries as Sugar's datastore does; it shows those it was given, and all after a rebuild. */
class DiskDatastore {
  readonly shown = new Set<Uid>();
  /** Entries that came with content, each by a call. */
  readonly given: Uid[] = [];
  /** Calls of which Sugar's shell hears. */
  signals = 0;
  rebuilds = 0;
  /** It answers from the disk while it makes its index. */
  isMakingIndex = false;
  constructor(
    readonly paths: Paths,
    readonly refused: ReadonlySet<Uid>,
  ) {}
  async update(uid: Uid, properties: ReadonlyMap<string, string | Buffer>, file: string) {
    if (this.refused.has(uid)) throw new DsError('datastore', `no ${uid}`);
    const { content, metadata } = inEntry(inJournal(this.paths, uid));
    mkdirSync(metadata, { recursive: true });
    for (const [name, value] of properties) writeFileSync(join(metadata, name), value);
    if (file) {
      copyFileSync(file, content);
      rmSync(file);
      this.given.push(uid);
    }
    this.signals += 1;
    this.shown.add(uid);
  }
  async uids() {
    return new Set(this.shown);
  }
  async indexed() {
    return this.isMakingIndex ? 0 : this.shown.size;
  }
  async rebuildIndex() {
    this.rebuilds += 1;
    for (const entry of listShownEntries(
      this.paths.journal,
      () => {},
      () => {},
    )) {
      this.shown.add(nameOf(entry) as Uid);
    }
  }
}

function entryOf(uid: Uid, text: string, title = 'From school'): Entry {
  const properties = {
    ...{ uid, title, timestamp: '1700000000', creation_time: '1700000000' },
    filesize: String(text.length),
  };
  return {
    content: { digest: digestOf(text), size: text.length },
    properties: new Map(Object.entries(properties).map(([n, v]) => [n, Buffer.from(v)])),
  };
}

/** An entry as it was fetched: its content lies in the batch's folder. */
function fetched(folder: string, uid: Uid, text: string): Fetched {
  const entry = entryOf(uid, text);
  const file = inBatch(folder, uid).content;
  writeFileSync(file, text);
  const step = { uid, digest: digestOf(encodeEntry(entry)), bytes: text.length, action: 'bring' };
  return { step, entry, file } as Fetched;
}

interface Scene {
  paths: Paths;
  folder: string;
  state: State;
  datastore: DiskDatastore;
  writer: Writer;
  outcomes: Outcomes;
  context: Context;
}

type MakeWriter = (options: WriterOptions, tally: Tally) => Writer;
const WRITERS: [string, MakeWriter][] = [
  ['DatastoreWriter', (options, tally) => new DatastoreWriter(options, tally)],
  ['FolderWriter', (options, tally) => new FolderWriter(options, tally, new Map())],
];

async function inScene(
  make: MakeWriter,
  work: (scene: Scene) => Promise<void>,
  refused: Uid[] = [],
): Promise<void> {
  using profile = makeProfile();
  const { paths } = profile;
  const folder = join(paths.restore, 'batch-1');
  mkdirSync(folder, { recursive: true });
  await using state = await openState(paths.state);
  await state.beginRestore(origin, 9);
  const context = {
    paths,
    env: { PATH: process.env.PATH },
    clock: { ...realClock, sleep: async () => {} },
    signal: new AbortController().signal,
    warn: () => {},
  } as unknown as Context;
  const datastore = new DiskDatastore(paths, new Set(refused));
  const tally = new Tally(context, state, origin);
  const outcomes = new Outcomes(new Meter(() => {}), tally, 0);
  const options = {
    ...{ context, state, outcomes, target: { snapshot, toTop: false } },
    datastore: datastore as unknown as Datastore,
  };
  const writer = make(options, tally);
  await work({ paths, folder, state, datastore, writer, outcomes, context });
}

for (const [name, make] of WRITERS) {
  const test = suite(`a restore's ${name}`);

  test('new entries come as they are, count, and are shown', () =>
    inScene(make, async ({ paths, folder, state, datastore, writer, outcomes }) => {
      const entries = [1, 2, 3].map((n) => fetched(folder, uidOf(n), `work ${n}`));
      await writer.write(folder, entries);
      assert.equal(await writer.finish(), []);
      assert.equal([outcomes.counts.restored, outcomes.counts.problems], [3, []]);
      const { content } = inEntry(inJournal(paths, uidOf(2)));
      assert.is(readFileSync(content, 'utf8'), 'work 2');
      assert.is(datastore.shown.size, 3);
      assert.is((await state.unfinishedRestores())[0]?.restored, 3);
    }));

  test('the same version is not written again, and another one stays as it is', () =>
    inScene(make, async ({ paths, folder, writer, outcomes, context }) => {
      putEntry(paths, uidOf(1), 'same', { title: 'From school', creation_time: '1700000000' });
      putEntry(paths, uidOf(2), 'her newer work', { title: 'Mine' });
      const entries = [fetched(folder, uidOf(1), 'same'), fetched(folder, uidOf(2), 'older')];
      await writer.write(folder, entries);
      await writer.finish();
      const { alreadyHere, beside, restored } = outcomes.counts;
      assert.equal([alreadyHere, beside, restored], [1, 1, 0]);
      const { content } = inEntry(inJournal(paths, uidOf(2)));
      assert.is(readFileSync(content, 'utf8'), 'her newer work');
      const copy = besideUid(uidOf(2), entries[1]?.step.digest as never);
      const found = (await readLiveEntry(context, copy)).entry;
      assert.is(propertyText(found, 'title'), 'From school (2023-11-14)');
    }));

  test('what is there and cannot be looked into is not taken for nothing, nor written over', () =>
    inScene(make, async ({ paths, folder, writer, outcomes }) => {
      const { path } = inJournal(paths, uidOf(1));
      mkdirSync(dirname(path), { recursive: true });
      symlinkSync('/nowhere/at/all', path);
      const entries = [1, 2].map((n) => fetched(folder, uidOf(n), `work ${n}`));
      await writer.write(folder, entries);
      await writer.finish();
      const { restored, beside, problems } = outcomes.counts;
      assert.equal([restored, beside, problems], [1, 1, []]);
      assert.is(readlinkSync(path), '/nowhere/at/all');
    }));

  test('what a power cut left of the entry is completed', () =>
    inScene(make, async ({ paths, folder, writer, outcomes }) => {
      mkdirSync(inEntry(inJournal(paths, uidOf(1))).metadata, { recursive: true });
      await writer.write(folder, [fetched(folder, uidOf(1), 'whole')]);
      await writer.finish();
      assert.is(outcomes.counts.restored, 1);
      assert.is(readFileSync(inEntry(inJournal(paths, uidOf(1))).content, 'utf8'), 'whole');
    }));

  test('a second restore adds nothing, whatever the dates are like', () =>
    inScene(make, async ({ paths, folder, writer, outcomes, context }) => {
      const dates = [{}, { timestamp: '1700000000000' }, { timestamp: '9e99', creation_time: 'x' }];
      for (let run = 0; run < 3; run += 1) {
        const entries = dates.map((some, n) => {
          const one = fetched(folder, uidOf(n), 'work');
          const properties = new Map(one.entry.properties);
          for (const name of ['timestamp', 'creation_time']) properties.delete(name);
          for (const [name, value] of Object.entries(some))
            properties.set(name, Buffer.from(value));
          one.entry = { ...one.entry, properties };
          return one;
        });
        Object.assign(context.clock, { now: () => new Date(1_700_000_000_000 + run * DAY_MS) });
        await writer.write(folder, entries);
        await writer.finish();
        const { restored, beside, alreadyHere, problems } = outcomes.counts;
        assert.equal([restored, beside, alreadyHere, problems], [3, 0, 3 * run, []]);
      }
      assert.is(listEntries(paths.journal).length, 3);
    }));

  test('an entry whose name is no uid at school comes back under its name', () =>
    inScene(make, async ({ paths, folder, datastore, writer, outcomes }) => {
      const name = uidOf(1).replace('8000-', '8000_');
      const one = fetched(folder, uidAtSchool(name), 'odd');
      one.entry = {
        ...one.entry,
        properties: new Map(one.entry.properties).set('uid', Buffer.from(name)),
      };
      await writer.write(folder, [one]);
      assert.equal(await writer.finish(), []);
      assert.equal([outcomes.counts.restored, outcomes.counts.problems], [1, []]);
      assert.is(readFileSync(inEntry(inJournal(paths, name as Uid)).content, 'utf8'), 'odd');
      assert.equal([...datastore.shown], [name]);
    }));

  test('an unreadable copy is a problem of this entry, and the others go on', () =>
    inScene(make, async ({ paths, folder, state, writer, outcomes }) => {
      const bad = fetched(folder, uidOf(1), 'older');
      putEntry(paths, uidOf(1), 'newer');
      const copy = besideUid(uidOf(1), bad.step.digest);
      putEntry(paths, copy, 'x');
      rmSync(inEntry(inJournal(paths, copy)).metadata, { recursive: true });
      writeFileSync(inEntry(inJournal(paths, copy)).metadata, 'not a folder');
      await writer.write(folder, [bad, fetched(folder, uidOf(2), 'good')]);
      await writer.finish();
      const { restored, problems } = outcomes.counts;
      assert.is(restored, 1);
      assert.equal(
        problems.map(({ uid }) => uid),
        [uidOf(1)],
      );
      assert.match(problems[0]?.problem ?? '', /restored earlier .* cannot be read/);
      assert.is((await state.unfinishedRestores())[0]?.restored, 1, 'only what came');
    }));

  test.run();
}

const test = suite('which writer an entry goes through');

test('an entry whose remains are there goes through the datastore', () =>
  inScene(WRITERS[1]?.[1] as MakeWriter, async ({ paths, folder, writer, outcomes, datastore }) => {
    const strange = fetched(folder, uidOf(1), 'x');
    mkdirSync(inEntry(inJournal(paths, uidOf(1))).metadata, { recursive: true });
    await writer.write(folder, [strange, fetched(folder, uidOf(2), 'y')]);
    assert.equal(datastore.given, [uidOf(1)]);
    assert.is(outcomes.counts.restored, 2);
    assert.is(listEntries(paths.journal).length, 2);
  }));

/** FolderWriter where something happens after the entries were built, before they appear. */
const withGap =
  (happens: (paths: Paths) => void): MakeWriter =>
  (options, tally) => {
    const settle = tally.settle.bind(tally);
    tally.settle = async (signal) => {
      await settle(signal);
      happens(options.context.paths);
      tally.settle = settle;
    };
    return new FolderWriter(options, tally, new Map());
  };

test('an entry whose place was taken meanwhile comes beside, whole', () =>
  inScene(
    withGap((paths) => putEntry(paths, uidOf(1), 'hers')),
    async ({ paths, folder, writer, outcomes }) => {
      const both = [1, 2].map((n) => fetched(folder, uidOf(n), `work ${n}`));
      await writer.write(folder, both);
      const { restored, beside, problems } = outcomes.counts;
      assert.equal([restored, beside, problems], [1, 1, []]);
      const copy = besideUid(uidOf(1), both[0]?.step.digest as never);
      assert.is(readFileSync(inEntry(inJournal(paths, copy)).content, 'utf8'), 'work 1');
    },
  ));

const apart = testIf(HAS_OTHER_DISK, test, 'a folder on another disk, which this machine lacks');

apart('an entry whose folder is on another disk goes through the datastore', async () => {
  using disk = onOtherDisk();
  await inScene(
    withGap(({ journal }) => symlinkSync(disk.path, join(journal, '00'))),
    async ({ folder, writer, outcomes, datastore }) => {
      await writer.write(folder, [fetched(folder, uidOf(1), 'far')]);
      assert.equal([outcomes.counts.restored, outcomes.counts.problems], [1, []]);
      assert.equal(datastore.given, [uidOf(1)]);
    },
  );
});

test('what came is shown after the first batch, then at several times as many, in one signal each', () =>
  inScene(WRITERS[1]?.[1] as MakeWriter, async ({ folder, writer, datastore }) => {
    let next = 1;
    const write = async (count: number) => {
      const numbers = Array.from({ length: count }, (_, at) => next + at);
      next += count;
      await writer.write(
        folder,
        numbers.map((n) => fetched(folder, uidOf(n), `work ${n}`)),
      );
      return [datastore.shown.size, datastore.rebuilds, datastore.signals];
    };
    assert.equal(await write(3), [3, 1, 1], 'the first three at once');
    assert.equal(await write(10), [3, 1, 1], 'a new index for each batch would cost too much');
    datastore.isMakingIndex = true;
    assert.equal(await write(20), [3, 1, 1], 'one index at a time');
    datastore.isMakingIndex = false;
    assert.equal(await write(1), [34, 2, 2]);
    assert.equal(await write(2), [34, 2, 2]);
    assert.equal(await writer.finish(), []);
    assert.equal([datastore.shown.size, datastore.rebuilds, datastore.signals], [36, 3, 3]);
  }));

test("many that go one by one leave Sugar's shell as much time as each took", () =>
  inScene(WRITERS[0]?.[1] as MakeWriter, async ({ folder, writer, context }) => {
    const pauses: number[] = [];
    context.clock.sleep = async (ms) => void pauses.push(ms);
    const write = (...numbers: number[]) =>
      writer.write(
        folder,
        numbers.map((n) => fetched(folder, uidOf(n), 'x')),
      );
    await write(1, 2);
    assert.is(pauses.length, 0, 'two are no flood');
    await write(3, 4, 5, 6, 7, 8);
    assert.is(pauses.length, 6);
    assert.ok(pauses.every((ms) => ms > 0 && ms <= 500));
  }));

test("what the datastore refuses is the entry's own problem", () =>
  inScene(
    WRITERS[0]?.[1] as MakeWriter,
    async ({ folder, writer, outcomes }) => {
      await writer.write(
        folder,
        [1, 2].map((n) => fetched(folder, uidOf(n), 'x')),
      );
      assert.equal(outcomes.counts.problems, [{ uid: uidOf(1), problem: `no ${uidOf(1)}` }]);
      assert.is(outcomes.counts.restored, 1);
    },
    [uidOf(1)],
  ));

test.run();
