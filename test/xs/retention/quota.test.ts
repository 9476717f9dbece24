import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Serial, Uid } from '../../../shared/ids.ts';
import { HardQuota } from '../../../xs/ingest/hard-quota.ts';
import { pinEntry } from '../../../xs/pins/pinning.ts';
import { pinnedAmounts } from '../../../xs/pins/pins.ts';
import {
  diskSize,
  fullQuota,
  laptopQuotas,
  parseXsQuotas,
  partOf,
  pinQuota,
  roomForLaptops,
  sharePercent,
} from '../../../xs/retention/quota.ts';
import { type Amount, type Stretch, usedBy } from '../../../xs/retention/retention.ts';
import { measureUsage } from '../../../xs/retention/usage.ts';
import { listSnapshots } from '../../../xs/storage/snapshots.ts';
import { refused } from '../../shared/refused.ts';
import {
  backUp,
  type Journal,
  makeLibrary,
  metadataOf,
  newest,
  SERIAL,
  uidOf,
} from '../library.ts';

const test = suite('quota and what is counted against it');

test('a laptop gets its part of the share, in bytes and inodes', () => {
  const disk = { bytes: 1000e9, inodes: 1e6 };
  assert.equal(partOf(partOf(disk, 0.7), 0.01), { bytes: 7e9, inodes: 7000 });
  assert.equal(partOf({ bytes: 1e9, inodes: Infinity }, 0.5), { bytes: 5e8, inodes: Infinity });
  assert.is(pinQuota({ bytes: 1000, inodes: 1 }, 25), 250);
});

test("the original's /etc/xs-quotas.conf is honoured", () => {
  const rows: [string, number | undefined][] = [
    ['ds-backup: 50\n', 50],
    ['ds-backup: 1\n', 1],
    ['ds-backup: 100\n', 100],
    ['ds-backup: 100 %\n', 100],
    ['# shares\nmoodle: 10\n  ds-backup:35%  # of /library\n', 35],
    ['ds-backup : 20\n', 20],
    ['moodle: 10\n', undefined],
    ['old-ds-backup: 10\n', undefined],
    ['ds-backup2: 10\n', undefined],
    ['', undefined],
  ];
  for (const [text, share] of rows) assert.is(parseXsQuotas(text, 'f'), share, text);
  const numbers = ['0', '101', '1000', '0x50', '5e1', '5%0'].map((bad) => `ds-backup: ${bad}`);
  for (const bad of [...numbers, 'ds-backup: lots', 'ds-backup:']) {
    const error = refused(() => parseXsQuotas(`  ${bad} `, '/etc/xs-quotas.conf'), 'config');
    assert.match(error.message, `: "${bad}" is not`);
    assert.match(error.hint ?? '', /from 1 to 100/);
  }
  using library = makeLibrary();
  const file = join(library.folder, 'xs-quotas.conf');
  const rules = { sharePercent: 70, pinsPercent: 25, xsQuotas: file };
  assert.is(sharePercent(rules), 70, 'absent');
  writeFileSync(file, 'ds-backup: 12\n');
  assert.is(sharePercent(rules), 12);
  const unreadable = refused(() => sharePercent({ ...rules, xsQuotas: library.folder }), 'config');
  assert.match(String(unreadable.cause), /EISDIR/);
});

test("the disk is the library's, and its share is divided among those who use it", () => {
  using library = makeLibrary();
  const { blocks, bfree, bavail, bsize, files } = statfsSync(library.paths.library);
  // Without what is reserved; others may write meanwhile.
  const disk = { bytes: (blocks - bfree + bavail) * bsize, inodes: files || Infinity };
  const isAbout = (found: Amount, expected: Amount) => {
    assert.ok(Math.abs(found.bytes / expected.bytes - 1) < 0.02, `${found.bytes}`);
    assert.is(found.inodes, expected.inodes);
  };
  isAbout(diskSize(library.paths.library), disk);
  const quota = { sharePercent: 70, pinsPercent: 25, xsQuotas: join(library.folder, 'none') };
  const room = roomForLaptops(library.paths.library, quota);
  isAbout(room, partOf(disk, 0.7));
  const shares = () => ({ full: 0.25, of: (serial: Serial) => (serial === SERIAL ? 0.1 : 0.25) });
  const context = { paths: library.paths, config: { quota }, shares };
  isAbout(fullQuota(context), partOf(room, 0.25));
  isAbout(laptopQuotas(context)(SERIAL), partOf(room, 0.1));
});

interface Entry {
  title: string;
  content: string | null;
}

function sizeOf(entry: Entry): number {
  return metadataOf(entry).length + (entry.content?.length ?? 0);
}

test('each version counts once for each stretch of snapshots that have it', async () => {
  using library = makeLibrary();
  const a = { title: 'a', content: 'aaaa' };
  const b = { title: 'b', content: null };
  const b2 = { title: 'b2', content: 'b'.repeat(1000) };
  const journal: Journal = new Map<Uid, Entry>([
    [uidOf(1), a],
    [uidOf(2), b],
  ]);
  await backUp(library, journal);
  await backUp(library, new Map([...journal, [uidOf(2), b2]]));
  await backUp(library, journal); // b is back
  const snapshots = listSnapshots(library.paths, SERIAL);
  const usage = await measureUsage(snapshots, new Map());
  const own = 2 * 200;
  const of = (...sequences: number[]) =>
    usedBy(
      sequences.map((sequence) => ({ sequence })),
      usage,
    );
  assert.equal(of(1), { bytes: sizeOf(a) + sizeOf(b) + own, inodes: 3 + 3 });
  assert.equal(of(2), { bytes: sizeOf(a) + sizeOf(b2) + own, inodes: 3 + 4 });
  assert.equal(of(1, 3), { bytes: sizeOf(a) + 2 * sizeOf(b) + 2 * own, inodes: 6 + 2 + 2 });
  assert.equal(of(1, 2, 3).bytes, sizeOf(a) + 2 * sizeOf(b) + sizeOf(b2) + 3 * own);
});

test('what others have, and what is shared, makes no difference', async () => {
  const measure = async (others: boolean): Promise<Stretch[]> => {
    using library = makeLibrary();
    if (others) await backUp(library, new Map([[uidOf(7), { title: 'x', content: 'same' }]]));
    await backUp(library, new Map([[uidOf(1), { title: 'x', content: 'same' }]]));
    const snapshots = listSnapshots(library.paths, SERIAL).slice(0, 1);
    const [first] = snapshots;
    if (first) first.sequence = 1;
    return measureUsage(snapshots, new Map());
  };
  assert.equal(await measure(true), await measure(false));
});

test('a pinned version counts, once, whatever becomes of the snapshots', async () => {
  using library = makeLibrary();
  const entry = { title: 'a', content: 'aaaa' };
  await backUp(library, new Map([[uidOf(1), entry]]));
  pinEntry(library.context, SERIAL, newest(library), uidOf(1), { limit: 1e6 });
  const pins = pinnedAmounts(library.paths, SERIAL);
  const snapshots = listSnapshots(library.paths, SERIAL);
  const usage = await measureUsage(snapshots, pins);
  assert.is(usedBy([], usage).bytes, sizeOf(entry));
  assert.is(usedBy(snapshots, usage).bytes, sizeOf(entry) + 200);
  assert.is(
    usedBy([], await measureUsage([], pins)).bytes,
    sizeOf(entry),
    'also when all have gone',
  );
});

test('with room a laptop may use more than its share; when the disk is short, not twice of it', () => {
  const rows: [free: number, used: number, more: number, refusal: boolean][] = [
    [0.5, 5000, 5000, false],
    [0.19, 1500, 400, false],
    [0.19, 1500, 600, true],
    [0.05, 100, 100, false],
  ];
  for (const [free, used, more, refusal] of rows) {
    const quota = new HardQuota();
    const disk = { freeBlocks: free, freeInodes: 0.9 };
    quota.check(SERIAL, 1e9, disk); // nothing is known yet
    quota.learn(SERIAL, used, 1000);
    if (refusal) refused(() => quota.check(SERIAL, more, disk), 'over-quota', /getting full/);
    else quota.check(SERIAL, more, disk);
  }
  const quota = new HardQuota();
  quota.learn(SERIAL, 0, 1000);
  quota.add(SERIAL, 1900);
  refused(() => quota.check(SERIAL, 200, { freeBlocks: 0.9, freeInodes: 0.1 }), 'over-quota');
});

test.run();
