/**
 * Five hundred days (fewer in the suite) of a school whose server's clock lies in every way that was seen in the field. The
 * simulation knows the true time; the rules of the server see the clock only. Nothing younger in true
 * days than the rules say ever goes, and every day on which the laptop came has its backup.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSnapshotName } from '../../../shared/ids.ts';
import { DailyCap } from '../../../xs/ingest/daily-cap.ts';
import { planRetention, type SnapshotFacts } from '../../../xs/retention/retention.ts';
import {
  type ClockMemory,
  formatMemory,
  judgeClock,
  newMemory,
  parseMemory,
} from '../../../xs/retention/server-clock.ts';
import { isPast, type Moment, tickOf } from '../../../xs/storage/moment.ts';
import { type Random, seeded } from '../../shared/random.ts';
import { soak } from '../../soak.ts';
import { SERIAL } from '../library.ts';

const test = suite('clocks that lie');

const DAYS = soak(500, 120);
const SCHOOLS = soak(400, 28);
const KEEP_DAYS = 31;
const TRASH_DAYS = 7;
const PER_DAY = 8;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = Date.parse('2026-02-02T07:00:00Z');
const NO_QUOTA = { bytes: Infinity, inodes: Infinity };

interface Habit {
  /** Hours of service a day; 24 is never switched off. */
  hours: number;
  /** What the clock does while the machine is off. */
  battery: 'good' | 'still' | 'dead';
  /** Starts of the machine on a day. */
  starts: number;
}
const HABITS: Habit[] = [
  { hours: 24, battery: 'good', starts: 1 },
  { hours: 8, battery: 'good', starts: 1 },
  { hours: 8, battery: 'good', starts: 12 },
  { hours: 1, battery: 'good', starts: 1 },
  { hours: 1, battery: 'still', starts: 1 },
  { hours: 6, battery: 'still', starts: 3 },
  { hours: 1, battery: 'dead', starts: 1 },
];
/** What people and batteries do to the date, in days; what it is set to is wrong until it is set right. */
const LIES = [1, 2, 3, 12, 12, 25, 300, 27_000, -1, -30, -20_000];

interface Made extends SnapshotFacts {
  trueTime: number;
}

class School {
  readonly random: Random;
  readonly habit: Habit;
  trueTime = START;
  /** What the clock shows beyond the true time. */
  shift = 0;
  #memory: ClockMemory = newMemory({ at: 0, boots: 0, newest: undefined }, new Date(START));
  #noted = formatMemory(this.#memory);
  #boot = { id: '0', since: START };
  made: Made[] = [];
  trash: { trueTime: number; at: number }[] = [];
  thinned = 0;
  emptied = 0;
  #sequence = 0;
  #lied = START;

  constructor(seed: number) {
    this.random = seeded(seed);
    this.habit = HABITS[seed % HABITS.length] as Habit;
  }

  now(): Moment {
    const time = new Date(this.trueTime + this.shift);
    const boot = { id: this.#boot.id, ms: this.trueTime - this.#boot.since };
    const { memory, trusted } = judgeClock(this.#memory, time, boot);
    this.#memory = memory;
    const { at, boots, creditedAt } = memory;
    return { at, boot: boots, doubted: !trusted, time, trusted, creditedAt };
  }

  note(): void {
    this.now();
    this.#noted = formatMemory(this.#memory);
  }

  /** The power goes, and comes back after so many hours. What was not noted is forgotten. */
  restart(hours: number): void {
    const { battery } = this.habit;
    if (battery === 'dead') this.shift = START - 9000 * DAY - (this.trueTime + hours * HOUR);
    if (battery === 'still') this.shift -= hours * HOUR;
    this.trueTime += hours * HOUR;
    this.#boot = { id: String(this.trueTime), since: this.trueTime - this.random.below(60_000) };
    const memory = parseMemory(this.#noted);
    if (!memory) throw new Error('the memory cannot be read');
    this.#memory = memory;
  }

  /** While the machine runs any number of times; while it is off, ahead by days, once a week. */
  lie(): void {
    const { random } = this;
    if (random.below(2) === 0) this.now();
    else if (this.trueTime - this.#lied < 7 * DAY) return;
    else this.#lied = this.trueTime;
    if (this.shift !== 0 && random.below(6) === 0) this.shift = 0;
    else if (random.below(8) === 0) this.shift += random.pick(LIES) * DAY;
    // Somebody who believes the date, right or wrong.
    if (random.below(40) === 0) {
      const { time } = this.now();
      const seen = time.toISOString();
      this.#memory = { ...this.#memory, seen, furthest: seen, jump: null };
    }
  }

  backUp(): void {
    const clock = { now: () => this.now().time, monotonicMs: () => this.trueTime };
    const cap = new DailyCap({ ...clock, sleep: async () => {} }, PER_DAY, this);
    cap.check(SERIAL, this.made);
    const now = this.now();
    this.#sequence += 1;
    const name = parseSnapshotName(`datastore-2026-01-01_00:00-${this.#sequence + 1}`);
    this.made.push({
      ...{ name, sequence: this.#sequence, created: now.time.toISOString(), clock: tickOf(now) },
      ...{ entries: 100, changed: 1, removed: 0, trueTime: this.trueTime },
    });
  }

  cleanUp(): void {
    this.note();
    const now = this.now();
    if (!now.trusted) return;
    const policy = { keepAllDays: KEEP_DAYS, keepLast: 10, quota: NO_QUOTA };
    const plan = planRetention(this.made, new Set(), [], policy, now);
    const gone = new Set(plan.remove.map(({ sequence }) => sequence));
    for (const one of this.made.filter(({ sequence }) => gone.has(sequence))) {
      this.#isOld(one.trueTime, KEEP_DAYS, `snapshot ${one.sequence}`);
      this.trash.push({ trueTime: this.trueTime, at: now.at });
    }
    this.made = this.made.filter(({ sequence }) => !gone.has(sequence));
    this.thinned += gone.size;
    const due = this.trash.filter(({ at }) => isPast(now, at, TRASH_DAYS));
    for (const { trueTime } of due) this.#isOld(trueTime, TRASH_DAYS, 'an item of the trash');
    this.trash = this.trash.filter((item) => !due.includes(item));
    this.emptied += due.length;
  }

  #isOld(trueTime: number, days: number, what: string): void {
    const age = (this.trueTime - trueTime) / DAY;
    assert.ok(age >= days, `${what} went after ${age.toFixed(2)} true days`);
  }

  day(): void {
    const { hours, starts } = this.habit;
    const begun = this.trueTime;
    for (let n = 0; n < starts; n += 1) {
      this.lie();
      // Something goes into the trash while the clock may be wrong.
      if (this.random.below(10) === 0) {
        this.trash.push({ trueTime: this.trueTime, at: this.now().at });
      }
      if (n === 0) this.backUp();
      this.cleanUp();
      this.trueTime += (hours / starts) * HOUR;
      if (this.random.below(3) > 0) this.note();
      if (n < starts - 1) this.restart(this.random.below(20) / 60);
    }
    const off = DAY - (this.trueTime - begun);
    if (hours < 24 && off > 0) this.restart(off / HOUR);
    // Holidays.
    if (this.random.below(90) === 0) this.restart(24 * this.random.below(70));
  }
}

test(`in ${DAYS} days of ${SCHOOLS} schools nothing young goes, and each day has its backup`, () => {
  const thinned = new Map(HABITS.map((habit) => [habit, 0]));
  let emptied = 0;
  for (let seed = 1; seed <= SCHOOLS; seed += 1) {
    const school = new School(seed);
    for (let day = 0; day < DAYS; day += 1) {
      try {
        school.day();
      } catch (error) {
        const { message } = error as Error;
        throw new Error(`seed ${seed}, ${JSON.stringify(school.habit)}, day ${day}: ${message}`);
      }
    }
    thinned.set(school.habit, (thinned.get(school.habit) ?? 0) + school.thinned);
    emptied += school.emptied;
  }
  for (const habit of HABITS.filter(({ battery }) => battery === 'good')) {
    assert.ok((thinned.get(habit) ?? 0) > 0, `with ${JSON.stringify(habit)} old ones do go`);
  }
  console.log(`${[...thinned.values()].join(', ')} thinned, ${emptied} left the trash`);
  assert.ok(emptied > SCHOOLS, `${emptied} left the trash`);
});

test.run();
