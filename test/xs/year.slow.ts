// weight: 75
/**
 * Half a school year in a minute, and four hundred days in a soak: backups, holidays, a clock that jumps,
 * plugs pulled in the middle of things, a reflashed laptop, a program that makes hundreds of junk backups.
 * Every snapshot that was promised to stay is there and restorable, hash by hash.
 */

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../shared/clock.ts';
import { DsError } from '../../shared/errors.ts';
import { parseRunId, type Serial } from '../../shared/ids.ts';
import { digestOf } from '../../shared/journal/entry.ts';
import { listPins } from '../../xs/pins/pins.ts';
import { listHeld, listSnapshots } from '../../xs/storage/snapshots.ts';
import { type Random, seeded } from '../shared/random.ts';
import { soak } from '../soak.ts';
import { makeActor } from './actor-program.ts';
import { journalOfDay, leftovers, reflashed } from './acts.ts';
import { checkAll } from './check.ts';
import { backUp, type Journal, SERIAL, uidOf } from './library.ts';
import { dsaKey, openWhole, serialOf, testClock, type WholeLibrary } from './whole.ts';

const test = suite('a school year');

const DAYS = soak(400, 140);
const START = Date.parse('2026-02-02T07:30:00Z');
const REFLASHED = serialOf(1);
const ATTACKED = serialOf(2);
const SELDOM = serialOf(3);

/** Days on which the server's clock shows something else; in the middle of months. */
const WRONG_CLOCK: [from: number, to: number, shift: number][] = [
  [soak(60, 40), soak(62, 41), -Math.floor(START / DAY_MS)],
  [soak(152, 75), soak(157, 78), 3652],
  [soak(260, 100), soak(260, 100), -30],
];
/** Summer: nobody is there, and the server is off. */
const HOLIDAYS: [from: number, to: number] = [soak(310, 118), soak(345, 128)];
const REFLASH_DAY = soak(90, 45);
const RESTORE_DAY = soak(101, 52);
const ATTACK: [from: number, to: number] = [soak(200, 60), soak(220, 64)];
const JUNK_A_DAY = 50;
/** Of these, so many are refused: all but what a day may have. */
const REFUSED = 0.8;
const PIN_DAY = soak(40, 30);
const KILLS_EVERY = soak(13, 9);
const KILLS = soak(15, 8);
const KILL_POINTS = [
  ...['ingest.durable', 'ingest.pooled:2', 'ingest.sealed', 'ingest.promoted', 'trash.moved'],
  ...['cleanup.discarded', 'trash.doomed', 'reclaim.dropped', 'reclaim.removed', 'cleanup.done'],
];

interface Made {
  serial: Serial;
  name: string;
  /** True day, whatever the clock said. */
  day: number;
  sums: string;
  honest: boolean;
}

/** What the year knows that the server does not: the true day, and every snapshot ever made. */
class Year {
  readonly folder = mkdtempSync(join(tmpdir(), 'ds-year-'));
  readonly made: Made[] = [];
  readonly random: Random = seeded(400);
  day = 0;
  refused = 0;
  kills = 0;
  deletedWhileWrong = 0;

  get shift(): number {
    return WRONG_CLOCK.find(([from, to]) => this.day >= from && this.day <= to)?.[2] ?? 0;
  }

  get time(): number {
    return START + (this.day + this.shift) * DAY_MS;
  }

  open(): Promise<WholeLibrary> {
    return openWhole('', {
      folder: this.folder,
      clock: testClock(new Date(this.time).toISOString()),
    });
  }

  note(whole: WholeLibrary, serial: Serial): void {
    const known = new Set(this.made.filter((one) => one.serial === serial).map(({ name }) => name));
    const { paths } = whole.library;
    const there = [...listSnapshots(paths, serial), ...listHeld(paths, serial)];
    const news = there.filter(({ name }) => !known.has(name));
    const sums = checkAll(news);
    for (const [n, { name }] of news.entries()) {
      const honest = this.shift === 0;
      this.made.push({ serial, name, day: this.day, sums: sums[n] ?? '', honest });
    }
  }
}

function journalFor(year: Year, serial: Serial): Journal {
  if (serial === REFLASHED && year.day >= REFLASH_DAY && year.day < RESTORE_DAY) return reflashed();
  if (serial === REFLASHED && year.day >= RESTORE_DAY) {
    return new Map([...journalOfDay(REFLASH_DAY - 1), ...reflashed()]);
  }
  return journalOfDay(year.day);
}

function junk(year: Year): Journal {
  const journal: Journal = new Map();
  for (let n = 0; n < 30; n += 1) {
    journal.set(uidOf(n), { title: 'give me money', content: year.random.bytes(40) });
  }
  return journal;
}

async function backUpDay(year: Year, whole: WholeLibrary): Promise<void> {
  whole.library.timeline.observe();
  const context = { ...whole.context, cap: whole.cap() };
  const attacked = year.day >= ATTACK[0] && year.day <= ATTACK[1];
  for (const serial of [SERIAL, REFLASHED, ATTACKED, SELDOM]) {
    if (serial === SELDOM && year.day % 11 !== 0) continue;
    await backUp({ context }, journalFor(year, serial), serial);
    year.note(whole, serial);
  }
  for (let n = 0; attacked && n < JUNK_A_DAY; n += 1) {
    try {
      await backUp({ context }, junk(year), ATTACKED);
    } catch (error) {
      if (!(error instanceof DsError) || error.code !== 'server-refused') throw error;
      year.refused += 1;
    }
  }
}

/** The plug is pulled while one laptop backs up or the cleanup runs. */
async function pullThePlug(year: Year): Promise<void> {
  const point = year.random.pick(KILL_POINTS);
  const run = parseRunId(digestOf(`day ${year.day}`).slice(0, 32));
  const act = point.startsWith('ingest.')
    ? ['backup', String(year.day), run]
    : ['command', 'cleanup'];
  const args = [actor.path, year.folder];
  const child = spawn(process.execPath, [...args, String(year.time), ...act], {
    env: { ...process.env, DS_BACKUP_FAILPOINT: point },
    stdio: 'ignore',
  });
  const signal = await new Promise((resolve) => child.once('close', (_code, by) => resolve(by)));
  if (signal === 'SIGKILL') year.kills += 1;
}

function present(whole: WholeLibrary): Map<string, string> {
  const { paths, serials } = whole.library;
  const all = serials().flatMap((serial) => {
    const there = [...listSnapshots(paths, serial), ...listHeld(paths, serial)];
    return there.map((one) => ({ ...one, key: `${serial} ${one.name}` }));
  });
  const sums = checkAll(all);
  return new Map(all.map(({ key }, n) => [key, sums[n] ?? '']));
}

function count({ library: { paths, serials } }: WholeLibrary): number {
  const all = serials().flatMap((one) => [...listSnapshots(paths, one), ...listHeld(paths, one)]);
  return all.length;
}

/** Throws when something that was promised is not there. Returns how many promises were looked at. */
function checkPromises(year: Year, whole: WholeLibrary): number {
  const found = present(whole);
  const holds = (one: Made, why: string) => {
    const sums = found.get(`${one.serial} ${one.name}`);
    assert.is(
      sums,
      one.sums,
      `day ${year.day}: ${one.serial} ${one.name} of day ${one.day}: ${why}`,
    );
  };
  let promises = 0;
  const months = new Set<string>();
  const firsts = new Set<Serial>();
  for (const one of year.made) {
    const month = `${one.serial} ${new Date(START + one.day * DAY_MS).toISOString().slice(0, 7)}`;
    const age = year.day - one.day;
    const beforeAttack = one.serial === ATTACKED && one.day < ATTACK[0] && one.day > ATTACK[0] - 31;
    const reasons = [
      age <= 30 && 'younger than a month',
      one.honest && !months.has(month) && 'the first of its month',
      !firsts.has(one.serial) && 'the first of all',
      beforeAttack && year.day <= ATTACK[1] + 30 && 'from before the attack',
    ].filter((reason) => reason !== false);
    if (one.honest) months.add(month);
    firsts.add(one.serial);
    for (const reason of reasons) holds(one, reason);
    promises += reasons.length;
  }
  for (const [key, sums] of found) {
    const one = year.made.find(({ serial, name }) => key === `${serial} ${name}`);
    if (one) assert.is(sums, one.sums, `${key} is as it was made`);
  }
  return promises;
}

async function liveOneDay(year: Year): Promise<void> {
  const plugDay = year.day % KILLS_EVERY === 5;
  if (plugDay) await pullThePlug(year);
  await using whole = await year.open();
  if (year.day === 0) {
    for (const [index, serial] of [REFLASHED, ATTACKED, SELDOM].entries()) {
      whole.library.registrations.register(serial, `child ${index}`, 'uuid', dsaKey(index + 2));
    }
  }
  const wrongClock = year.shift !== 0;
  await backUpDay(year, whole);
  if (year.day === PIN_DAY) {
    const [newest] = listSnapshots(whole.library.paths, SERIAL);
    await whole.command('pin', [SERIAL, newest?.name ?? '', uidOf(0)]);
  }
  const before = count(whole);
  await whole.command('cleanup');
  for (const serial of whole.library.serials()) {
    assert.equal(leftovers(whole.library.paths, serial), [], `day ${year.day}`);
  }
  if (wrongClock) year.deletedWhileWrong += before - count(whole);
}

const actor = await makeActor();

test(`every promised snapshot is there after ${DAYS} days`, async () => {
  const year = new Year();
  let promises = 0;
  try {
    for (; year.day < DAYS; year.day += 1) {
      if (year.day >= HOLIDAYS[0] && year.day <= HOLIDAYS[1]) continue;
      await liveOneDay(year);
      if (year.day % 25 !== 24 && year.day !== ATTACK[1] + 29) continue;
      await using whole = await year.open();
      promises += checkPromises(year, whole);
    }
    year.day -= 1;
    await using whole = await year.open();
    promises += checkPromises(year, whole);
    const left = present(whole).size;
    console.log(
      `${year.made.length} honest snapshots made, ${left} kept, ${promises} promises held, ` +
        `${year.kills} times the plug pulled, ${year.refused} junk backups refused`,
    );
    assert.is(listPins(whole.library.paths, SERIAL).length, 1, 'the pin');
    assert.equal(
      listHeld(whole.library.paths, REFLASHED),
      [],
      'the restore released what was held',
    );
    assert.is(year.deletedWhileWrong, 0, 'nothing is removed while the clock is wrong');
    const junkMade = JUNK_A_DAY * (ATTACK[1] - ATTACK[0] + 1);
    assert.ok(year.refused > REFUSED * junkMade, `${year.refused} of ${junkMade} refused`);
    assert.ok(year.kills >= KILLS && left < year.made.length, `${year.kills} kills, ${left} left`);
  } finally {
    rmSync(year.folder, { recursive: true, force: true });
  }
});

test.after(() => actor[Symbol.dispose]());
test.run();
