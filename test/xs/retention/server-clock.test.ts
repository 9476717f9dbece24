import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { localTime } from '../../../shared/words/local-time.ts';
import {
  type ClockMemory,
  formatMemory,
  judgeClock,
  newMemory,
  parseMemory,
} from '../../../xs/retention/server-clock.ts';
import { Timeline } from '../../../xs/retention/timeline.ts';
import { inLibrary } from '../../../xs/storage/paths.ts';
import { discard } from '../../../xs/storage/trash.ts';
import { makeLibrary, SERIAL } from '../library.ts';
import { testClock } from '../whole.ts';

const test = suite("whether the server's clock can be believed, and what it counts");

const START = Date.parse('2026-03-02T08:00:00Z');
const at = (day: number) => new Date(START + day * DAY_MS);
const BEGIN = newMemory({ at: 0, boots: 0, newest: undefined }, at(0));

interface Look {
  /** What the clock shows, in days from START. */
  day: number;
  boot: string;
  /** Days since the machine was started. */
  up: number;
}

function follow(looks: readonly Look[]): { trusted: boolean; memory: ClockMemory }[] {
  let memory = BEGIN;
  return looks.map(({ day, boot, up }) => {
    const judged = judgeClock(memory, at(day), { id: boot, ms: up * DAY_MS });
    memory = judged.memory;
    return judged;
  });
}

/** Looks once at each of these times; the machine was switched off in between. */
function look(...days: number[]): boolean[] {
  const looks = days.map((day, n) => ({ day, boot: `boot ${n}`, up: 0 }));
  return follow(looks).map(({ trusted }) => trusted);
}

/** Days on the timeline after the last look. */
function counted(...looks: [day: number, boot: string, up: number][]): number {
  const last = follow(looks.map(([day, boot, up]) => ({ day, boot, up }))).at(-1);
  return Math.round(((last?.memory.at ?? 0) / DAY_MS) * 100) / 100;
}

test('time that goes on is believed', () => {
  assert.equal(look(0, 1, 2, 20, 41, 62), [true, true, true, true, true, true]);
  assert.equal(look(0, 1, 1 - 4 / 1440, 2), [true, true, true, true], 'four minutes back');
});

test('back by more than five minutes, or on by more than a year, is not', () => {
  assert.equal(look(0, 1, 1 - 6 / 1440), [true, true, false]);
  assert.equal(look(0, -20_000), [true, false]);
  assert.equal(look(0, 366), [true, false]);
  assert.equal(look(0, 3650), [true, false]);
});

test('after holidays it is believed when a week of days has followed', () => {
  const judged = look(0, 1, 60, 61, 62, 63, 64, 65, 66, 67, 68);
  assert.equal(judged.indexOf(true, 2), 9, 'the seventh new date after the gap');
  assert.equal(look(0, 60, 3), [true, false, true], 'it was no holidays: the clock is right again');
});

test('set right again, it is believed at once', () => {
  assert.equal(look(0, 10, -20_000, -19_999, 11), [true, true, false, false, true]);
  assert.equal(look(0, 10, 3650, 3651, 11), [true, true, false, false, true]);
  assert.equal(look(0, 10, 9, 9.5, 10.1), [true, true, false, false, true]);
  assert.equal(look(0, 10, -20_000, 320), [true, true, false, false], 'but not set to next year');
});

test('a clock that wakes up on the same date every day is never believed', () => {
  const mornings = Array.from({ length: 200 }, (_, n) => (n % 2 === 0 ? -9000 : -9000 + 0.3));
  assert.not.ok(
    look(0, ...mornings)
      .slice(1)
      .includes(true),
  );
});

test('after a jump, a month of days in order is as good as an explanation', () => {
  const days = Array.from({ length: 40 }, (_, n) => 3650 + n);
  const judged = look(0, ...days);
  assert.is(judged.indexOf(true, 1), 32, 'the 31st new date after the jump');
});

const MINUTE = 1 / 1440;

test('five minutes back and three weeks on are just believed, whatever was believed before', () => {
  assert.equal(look(0, 1, 1 - 5 * MINUTE), [true, true, true]);
  assert.equal(look(0, 10, -20_000, 10), [true, true, false, true]);
  assert.equal(look(0, 10, -20_000, 10 - 5 * MINUTE), [true, true, false, true]);
  assert.equal(look(0, 10, -20_000, 10 - 6 * MINUTE), [true, true, false, false]);
  assert.equal(look(0, 10, -20_000, 31), [true, true, false, true]);
  assert.equal(look(0, 10, -20_000, 31 + MINUTE), [true, true, false, false]);
  assert.is(look(0, 365, 366, 367, 368, 369, 370, 371, 372).indexOf(true, 1), 8, 'a year');
  const back = look(0, ...Array.from({ length: 40 }, (_, n) => -9000 + n));
  assert.is(back.indexOf(true, 1), 32, 'back is never holidays');
});

test('what the machine has run since a jump explains more, what it ran before does not', () => {
  const last = (...looks: [day: number, boot: string, up: number][]) =>
    follow(looks.map(([day, boot, up]) => ({ day, boot, up }))).at(-1)?.trusted;
  assert.is(last([0, 'a', 0], [-9000, 'b', 0], [-8990, 'b', 10], [26, 'c', 0]), true);
  assert.is(last([0, 'a', 0], [10, 'a', 10], [-9000, 'b', 0], [35, 'c', 0]), false);
  // The clock was set ahead while the machine ran: it is explained when it is set back.
  assert.is(last([0, 'a', 0], [10, 'a', 0], [11, 'a', 1]), false);
  assert.is(last([0, 'a', 0], [10, 'a', 0], [10, 'a', 0]), false);
  assert.is(last([0, 'a', 0], [10, 'a', 0], [10 - 5 * MINUTE, 'a', 0]), false);
  assert.is(last([0, 'a', 0], [10, 'a', 0], [10 - 6 * MINUTE, 'a', 0]), true);
});

test('new dates in order count after a jump, another jump begins anew', () => {
  const jump = (...days: number[]) => {
    const looks = [0, 3650, 3651, ...days].map((day, n) => ({ day, boot: `${n}`, up: 0 }));
    const { days: counted, to } = follow(looks).at(-1)?.memory.jump ?? {};
    return [counted, to];
  };
  const first = at(3650).toISOString();
  assert.equal(jump(), [1, first]);
  assert.equal(jump(3651.1, 3651.2), [1, first], 'the same date');
  assert.equal(jump(3651 - 5 * MINUTE), [1, first]);
  assert.equal(jump(3672), [2, first], 'three weeks on');
  assert.equal(jump(3651 - 6 * MINUTE), [0, at(3651 - 6 * MINUTE).toISOString()]);
  assert.equal(jump(3673), [0, at(3673).toISOString()]);
});

test('it says from when to when the clock jumped', () => {
  const { memory } = judgeClock(BEGIN, at(0), { id: 'a', ms: 0 });
  const { reason } = judgeClock(memory, at(3650), { id: 'b', ms: 0 });
  assert.is(
    reason,
    `the clock jumped from ${localTime('2026-03-02T08:00:00Z')} to ${localTime('2036-02-28T08:00:00Z')}`,
  );
});

test('what is noted of time that was off, of starts and of the furthest time', () => {
  const noted = (...looks: [day: number, boot: string, up: number][]) => {
    const memory = follow(looks.map(([day, boot, up]) => ({ day, boot, up }))).at(-1)?.memory;
    const days = [memory?.at, memory?.creditedAt].map((ms) => (ms ?? NaN) / DAY_MS);
    return [...days, memory?.boots, memory?.furthest];
  };
  const on = (day: number) => at(day).toISOString();
  assert.equal(noted([0, 'a', 0], [0.5, 'a', 0.5]), [0.5, 0, 1, on(0.5)]);
  assert.equal(noted([0, 'a', 0], [4, 'b', 0]), [1, 1, 2, on(4)], 'a long weekend');
  assert.equal(noted([0, 'a', 0], [3 * MINUTE, 'b', 0]), [0, 0, 2, on(3 * MINUTE)]);
  assert.equal(noted([0, 'a', 0], [5 * MINUTE, 'b', 0]), [0, 0, 2, on(5 * MINUTE)]);
  assert.equal(noted([0, 'a', 1], [0.5, 'a', 0.5]), [0.5, 0, 2, on(0.5)], 'no boot goes back');
  assert.equal(noted([1, 'a', 0], [1 - 4 * MINUTE, 'a', 0]), [0, 0, 1, on(1)]);
  assert.equal(noted([0, 'a', 0], [3650, 'b', 0], [3, 'c', 0]), [0, 0, 3, on(3)], 'explained');
});

test('while the machine runs, what the clock shows counts for nothing', () => {
  assert.is(counted([0, 'a', 0], [3, 'a', 3]), 3);
  assert.is(counted([0, 'a', 0], [12, 'a', 0.1]), 0.1, 'set ahead');
  assert.is(counted([0, 'a', 0], [-9000, 'a', 1], [2, 'a', 2]), 2, 'in 1970 for a day');
  assert.is(counted([0, 'a', 0], [90, 'a', 90]), 90, 'nobody looked for three months');
  assert.ok(
    follow([
      { day: 0, boot: 'a', up: 0 },
      { day: 90, boot: 'a', up: 90 },
    ])[1]?.trusted,
  );
  assert.not.ok(
    follow([
      { day: 0, boot: 'a', up: 0 },
      { day: 12, boot: 'a', up: 0 },
    ])[1]?.trusted,
    'nobody believes twelve days ahead',
  );
});

test('while it was off, a day at most counts, forward only', () => {
  assert.is(counted([0, 'a', 0], [0.7, 'b', 0]), 0.7);
  assert.is(counted([0, 'a', 0], [3, 'b', 0]), 1, 'a weekend');
  assert.is(counted([0, 'a', 0], [5, 'b', 0]), 0, 'what is longer may be a lie');
  assert.is(counted([0, 'a', 0], [0.9, 'b', 0.3]), 0.9, 'the machine was up for a while');
  assert.is(counted([0, 'a', 0], [0, 'b', 0.3]), 0.3, 'a clock that stands still while off');
  assert.is(counted([0, 'a', 0], [2, 'b', 0], [0, 'c', 0], [2, 'd', 0]), 1, 'no date counts twice');
  assert.is(counted([0, 'a', 0], [-9000, 'b', 0], [-8999, 'c', 0]), 0, 'nothing in doubt');
  assert.is(counted([0, 'a', 0], [-9000, 'b', 0], [1, 'c', 0]), 0, 'nothing when it is over');
});

test('a memory that was written once is read for ever', () => {
  const text =
    '{"version":2,"at":5,"creditedAt":5,"boots":2,"boot":{"id":"b","ms":7},' +
    '"seen":"2026-03-02T08:00:00.000Z","furthest":"2026-03-02T08:00:00.000Z","jump":null,' +
    '"sum":"5f7717ce8a77c46c"}\n';
  const memory = parseMemory(text);
  assert.equal([memory?.at, memory?.boots, memory?.boot?.id], [5, 2, 'b']);
  assert.is(formatMemory(memory as ClockMemory), text);
});

test('the sum is of the values, in whatever order they stand', () => {
  const turned = Object.fromEntries(Object.entries(BEGIN).reverse()) as ClockMemory;
  assert.equal(parseMemory(formatMemory(turned)), BEGIN);
  assert.match(formatMemory(BEGIN), /"sum":"[0-9a-f]{16}"\}\n$/);
  for (const none of ['', '{', 'null', '7', '[]']) assert.is(parseMemory(none), undefined, none);
});

test('a damaged memory is noticed, that of an older version goes on without ages', () => {
  const [judged] = follow([{ day: 3, boot: 'a', up: 2 }]);
  const text = formatMemory(judged?.memory ?? BEGIN);
  assert.equal(parseMemory(text), judged?.memory);
  for (let n = 0; n < text.length - 1; n += 1) {
    const flipped = Buffer.from(text);
    flipped[n] = (flipped[n] ?? 0) ^ 2;
    assert.is(parseMemory(flipped.toString('latin1')), undefined, `byte ${n}`);
    assert.is(parseMemory(text.slice(0, n)), undefined, `cut at ${n}`);
  }
  const old = parseMemory(JSON.stringify({ version: 1, seen: at(0), jump: null }));
  assert.equal([old?.at, old?.seen, old?.jump], [0, at(0).toISOString(), null]);
  const jump = { from: at(0), to: at(4000), days: 3 };
  const jumped = parseMemory(JSON.stringify({ version: 1, seen: at(4003), jump }));
  assert.not.ok(jumped && judgeClock(jumped, at(4004), { id: 'a', ms: 0 }).trusted);
});

test('the timeline goes on over restarts, and a person may overrule its distrust', () => {
  using library = makeLibrary();
  const { paths } = library;
  const on = (day: number) => new Timeline(paths, testClock(at(day).toISOString()));
  assert.ok(on(0).observe().trusted);
  assert.is(on(0.5).observe().at, 0.5 * DAY_MS);
  assert.not.ok(on(4000).observe().trusted);
  const timeline = on(4001);
  assert.match(timeline.distrust, `jumped from ${localTime('2026-03-02T20:00:00Z')} to 2037`);
  timeline.trust();
  const now = on(4002).observe();
  assert.ok(now.trusted);
  assert.is(now.boot, 5);
  assert.ok(now.at < 2 * DAY_MS, 'but that was no proof of age');
});

test('a memory that is lost begins at the newest stamp of the library', () => {
  using library = makeLibrary();
  const { paths } = library;
  const clock = testClock(at(0).toISOString());
  const timeline = new Timeline(paths, clock);
  clock.pass(50 * DAY_MS);
  timeline.observe();
  const old = `${inLibrary(paths).trash}/raw`;
  library.addLaptop(SERIAL);
  writeFileSync(old.replace('.trash/raw', 'raw'), '');
  discard(paths, SERIAL, old.replace('.trash/raw', 'raw'), 'thinned', timeline.now(), 'x');
  clock.pass(30 * DAY_MS);
  timeline.observe();
  const spoilt: ((path: string) => void)[] = [
    (path) => rmSync(path),
    (path) => writeFileSync(path, '{"version":2,"at":9'),
    (path) => writeFileSync(path, readFileSync(path, 'utf8').replace(/"at":\d/, '"at":9')),
  ];
  for (const spoil of spoilt) {
    spoil(inLibrary(paths).clock);
    const again = new Timeline(paths, testClock(at(400).toISOString())).observe();
    assert.is(again.at, 50 * DAY_MS);
    new Timeline(paths, clock).observe();
  }
});

test.run();
