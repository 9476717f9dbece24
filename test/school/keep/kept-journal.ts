/**
 * A laptop whose content goes to school and comes back: how it is asked, and how it is looked at.
 */
import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parseSerial } from '../../../shared/ids.ts';
import { listPins } from '../../../xs/pins/pins.ts';
import { compareJournals, readJournal } from '../../journal/compare.ts';
import { generateJournal } from '../../journal/generator.ts';
import type { Laptop } from '../laptop.ts';
import type { School } from '../school.ts';

export const ENTRIES = 12;

export async function ok(laptop: Laptop, ...args: string[]): Promise<string> {
  const done = await laptop.backup(args);
  assert.is(done.exitCode, 0, `${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

export async function refused(laptop: Laptop, message: RegExp, ...args: string[]): Promise<void> {
  const done = await laptop.backup(args);
  assert.is.not(done.exitCode, 0, args.join(' '));
  assert.match(done.stderr, message);
}

/** A laptop with a backup, and its entries that have content, the largest first. */
export async function prepare(school: School, laptop = school.laptop(0)) {
  return { laptop, ...(await prepareLaptop(laptop)) };
}

/** The same for a laptop that stands elsewhere. */
export async function prepareLaptop(laptop: Laptop) {
  generateJournal(laptop.journal, { entries: ENTRIES, seed: 41 });
  await laptop.startBus();
  await laptop.countEntries(); // the datastore adds to entries what it needs
  await ok(laptop, 'now');
  const before = readJournal(laptop.journal);
  const full = [...before.keys()]
    .filter((uid) => before.get(uid)?.has('data') && sizeOf(laptop, uid) > 0)
    .sort((a, b) => sizeOf(laptop, b) - sizeOf(laptop, a));
  return { before, full };
}

export const inEntry = (laptop: Laptop, uid: string, file: string) =>
  join(laptop.journal, uid.slice(0, 2), uid, file);

export function sizeOf(laptop: Laptop, uid: string): number {
  return lstatSync(inEntry(laptop, uid, 'data')).size;
}

export function titleOf(laptop: Laptop, uid: string): string {
  return readFileSync(inEntry(laptop, uid, 'metadata/title'), 'utf8');
}

export function pinsOf(school: School, laptop: Laptop): string[] {
  return listPins(school.server, parseSerial(laptop.serial)).map(({ uid }) => uid);
}

/** All content is as it was; titles too. Dates and counters of the datastore's own are not looked at. */
export function sameContent(laptop: Laptop, before: ReturnType<typeof readJournal>): void {
  const after = readJournal(laptop.journal);
  for (const [uid, files] of before) {
    for (const file of ['data', 'metadata/title', 'metadata/preview']) {
      assert.is(after.get(uid)?.get(file), files.get(file), `${uid}: ${file}`);
    }
  }
  assert.equal(compareJournals(before, after).extra, []);
}
