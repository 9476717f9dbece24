// weight: 75
/**
 * A Journal that is written to all the time: ten thousand writes as Sugar's datastore does them,
 * properties first, each by a rename, then the content, while backups run one after the other. Every
 * version in every snapshot is one that was written, whole.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { decodeEntry, propertyText } from '../../../shared/journal/entry.ts';
import { listSnapshots, readVersions, type Snapshot } from '../../../xs/storage/snapshots.ts';
import { generateJournal } from '../../journal/generator.ts';
import { checkSnapshots } from '../../xs/check.ts';
import { startSchool } from '../school.ts';

const test = suite('a Journal that is written to all the time');

const ENTRIES = 60;
const WRITES = 10_000;
const writer = fileURLToPath(new URL('./busy-writer.py', import.meta.url));

/** Every entry that the writer touched says the same in its properties as in its content. */
function tornEntries(snapshot: Snapshot): string[] {
  return [...readVersions(snapshot).keys()].filter((uid) => {
    const entry = decodeEntry(readFileSync(join(snapshot.folder, `${uid}.metadata`)));
    const number = /^write (\d+)$/.exec(propertyText(entry, 'title') ?? '')?.[1];
    if (number === undefined) return false;
    const content = readFileSync(join(snapshot.folder, uid), 'latin1');
    const whole = `${number} `.repeat(Number(propertyText(entry, 'repeats')));
    return content !== whole;
  });
}

test(`${WRITES} writes: only whole entries in all snapshots`, async () => {
  await using school = await startSchool();
  const laptop = school.laptop(0);
  const uids = generateJournal(laptop.journal, { entries: ENTRIES, seed: 51 });
  const write = (count: number) =>
    spawn('python3', [writer, laptop.journal, String(count), ...uids], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  // All of them are the writer's, or the shrink guard would see large entries become small.
  await once(write(ENTRIES), 'exit');
  assert.is((await laptop.backup(['now'])).exitCode, 0);
  const child = write(WRITES);
  const ended = once(child, 'exit');
  let backups = 0;
  try {
    while (child.exitCode === null && child.signalCode === null) {
      const done = await laptop.backup(['now', '--wait']);
      // What is being written to keeps its last version, and is named.
      const named = done.stdout.match(/Journal entry \S+ .*/g) ?? [];
      assert.is(done.exitCode, named.length > 0 ? 1 : 0, done.stdout + done.stderr);
      for (const one of named) assert.match(one, / is being written to all the time$/);
      backups += 1;
    }
  } finally {
    child.kill();
  }
  const [exitCode] = await ended;
  assert.is(exitCode, 0, 'all was written');
  assert.is((await laptop.backup(['now', '--wait'])).exitCode, 0);
  const serial = parseSerial(laptop.serial);
  const snapshots = listSnapshots(school.server, serial);
  for (const snapshot of snapshots) assert.equal(tornEntries(snapshot), [], snapshot.name);
  checkSnapshots(school.server, serial);
  const [newest] = snapshots;
  const last = uids.map((uid) => {
    const title = join(laptop.journal, uid.slice(0, 2), uid, 'metadata', 'title');
    return readFileSync(title, 'utf8');
  });
  const saved = uids.map((uid) => {
    const entry = decodeEntry(readFileSync(join(newest?.folder ?? '', `${uid}.metadata`)));
    return propertyText(entry, 'title');
  });
  assert.equal(saved, last, 'when it is quiet again, the last of everything is there');
  process.stderr.write(`${backups} backups, ${snapshots.length} snapshots in ${WRITES} writes\n`);
  assert.ok(snapshots.length > 3, 'backups were made meanwhile');
});

test.run();
