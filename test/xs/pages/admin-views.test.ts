/** What the teachers' pages say, from made-up facts. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import type { LaptopRow } from '../../../xs/admin/laptop-list.ts';
import { standing, statesOf } from '../../../xs/admin/laptop-states.ts';
import type { Status } from '../../../xs/admin/status.ts';
import { render } from '../../../xs/pages/frame/frame.tsx';
import { calendarOf } from '../../../xs/pages/journal/months.ts';
import { commandsOf } from '../../../xs/pages/teacher/acts/acts.ts';
import { trashView } from '../../../xs/pages/teacher/disk/trash-page.tsx';
import { waitingView } from '../../../xs/pages/teacher/laptops/waiting-page.tsx';
import { forecastText, statusView } from '../../../xs/pages/teacher/school/status-view.ts';
import { cardsOf, safeText } from '../../../xs/pages/teacher/shown/laptop-card.ts';
import { MARKS, type Mark, MarkShape } from '../../../xs/pages/teacher/shown/marks.tsx';
import { namer } from '../../../xs/pages/teacher/shown/namer.ts';
import { serialOf } from '../whole.ts';

const test = suite("the teachers' pages in words");

const words = wordsOf(findCatalogue('/nowhere', 'ds-backup', []));
const NOW = new Date('2026-09-01T08:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * DAY_MS).toISOString();

function row(n: number, facts: Partial<LaptopRow>): LaptopRow {
  const known = {
    ...{ serial: serialOf(n), nick: `child ${n}`, colors: null, registered: daysAgo(90) },
    ...{ enrolled: true, confirmed: true, retired: null, replaces: null, replacedBy: null },
    ...{ snapshots: 1, newest: null, bytes: 1, lastSuccess: daysAgo(1), days: 1, atLeast: false },
    ...{ damaged: false, notSafe: 0, held: 0, twins: false, waiting: [], rejected: [] },
    ...facts,
  };
  const [notSafe, unconfirmed] = [known.notSafe > 0, !known.confirmed];
  const stands = standing(known.days, { ...known, notSafe });
  const states = statesOf({
    ...{ retired: known.retired !== null, replaced: known.replacedBy !== null },
    ...{ waiting: known.waiting.length > 0, held: known.held > 0, notSafe, unconfirmed },
    standing: stands,
  });
  return { ...known, standing: stands, states };
}

const STATUS: Status = {
  time: NOW.toISOString(),
  laptops: [],
  ...{
    held: [],
    namesakes: [],
    waitingKeys: [],
    twins: [],
    ...{ arrivals: [], offers: [], proposals: [], overQuota: [] },
    unlinked: false,
    offsite: 'none' as const,
    trash: 0,
    damaged: 0,
    damagedLaptops: [],
    unregistered: [],
    strangers: [],
    lockedOut: [],
    notSafe: [],
    faults: [],
    disks: [],
    leftovers: [],
  },
  disk: { freeBytes: 5e10, usedBytes: 1e10, freeBlocks: 0.8, freeInodes: 0.9, minFree: 0.03 },
  parts: { backups: 9e9, others: 1e9, free: 5e10, room: 4e10 },
  forecast: { neededBytes: 2e9, roomBytes: 4e10, fits: true, fullOn: null },
  scrub: { pass: 1, shard: 128, lastPassFinished: null, daysSince: 3 },
  https: null,
  ...{ unconfirmed: [], teachers: 1, teachersOfCopy: [], fullOn: null, reliefs: [], reserve: true },
  cleanedUp: true,
  probes: { running: true, closedPorts: [], sandbox: null, sessionTried: 'whole' },
  clock: { trusted: true, reason: '' },
};

test('when all is well, nothing is asked of the teacher', () => {
  const { asks, facts } = statusView(words, STATUS);
  assert.equal(asks, []);
  const told = facts.map(({ text }) => text).join('\n');
  assert.match(
    told,
    /50 % of everything read in this round · no whole round yet · no damage found so far/,
  );
});

test('each thing that needs a decision is said once, with names and the page it is decided on', () => {
  const named = (n: number) => ({
    ...{ serial: serialOf(n), nick: n === 3 ? '' : `child ${n}`, registered: NOW.toISOString() },
  });
  const { asks, counts } = statusView(words, {
    ...STATUS,
    laptops: [
      { ...named(1), days: 1, standing: 'safe', states: ['held', 'safe'] },
      { ...named(2), days: 20, standing: 'late', states: ['late'] },
      { ...named(3), days: 40, standing: 'late', states: ['waiting', 'late'] },
      { ...named(4), days: null, standing: 'never', states: ['never'] },
    ],
    waitingKeys: [{ ...named(1), keys: 1 }],
    held: Array.from({ length: 11 }, (_, n) => ({ ...named(n + 4), snapshots: 2 })),
    overQuota: [named(1)],
    disk: { ...STATUS.disk, freeInodes: 0.05 },
    forecast: { ...STATUS.forecast, fits: false },
    damaged: 2,
    clock: { trusted: false, reason: 'it jumped' },
  });
  assert.is(counts.map(({ count }) => count).join(), '1,2,1');
  assert.equal(
    asks.map(({ href, names }) => [href, names]),
    [
      ['/xs-backup/waiting?only=keys', 'child 1'],
      [
        '/xs-backup/held',
        'child 4, child 5, child 6, child 7, child 8, child 9, child 10, child 11, and 3 more',
      ],
      ...Array.from({ length: 4 }, () => ['/xs-backup/disk', '']),
      ['/xs-backup/needs/over-quota', 'child 1'],
      ['/xs-backup/class?only=late', `${serialOf(3)}, child 2`],
    ],
  );
});

test('of two children with one name the one who is late has her serial number on the first page', () => {
  const jim = { serial: serialOf(1), nick: 'Jim' };
  const { asks, advice } = statusView(words, {
    ...STATUS,
    namesakes: ['Jim'],
    laptops: [
      { ...jim, registered: daysAgo(90), days: 20, standing: 'late', states: ['late'] },
      row(2, { days: 30, nick: 'Ana' }),
    ],
    notSafe: [{ ...jim, count: 2, entries: [] }],
    unconfirmed: [jim],
  });
  assert.equal(
    [...asks, ...advice].map(({ names }) => names),
    [`Jim (${serialOf(1)}): 2`, `Ana, Jim (${serialOf(1)})`, `Jim (${serialOf(1)})`],
  );
});

test('each line about laptops leads to the list of those, and a tile counts all that are in its state', () => {
  const jim = { serial: serialOf(1), nick: 'Jim' };
  const { asks, advice, counts, calm } = statusView(words, {
    ...STATUS,
    ...{ arrivals: [jim], proposals: [jim], offers: [{ ...jim, count: 3 }], unconfirmed: [jim] },
    ...{ notSafe: [{ ...jim, count: 2, entries: [] }], twins: [jim], lockedOut: [jim] },
    laptops: [
      row(1, { damaged: true, notSafe: 2, confirmed: false }),
      row(2, { lastSuccess: null, days: null }),
    ],
  });
  assert.equal(
    [...asks, ...advice].map(({ href }) => href.replace('/xs-backup/', '')),
    [
      ...['class?only=partly', 'needs/twins', 'waiting?only=arrivals', 'needs/locked-out-laptops'],
      ...['needs/never-backed-up', 'offers', 'waiting?only=proposals', 'class?only=unconfirmed'],
    ],
  );
  assert.equal(
    counts.map(({ mark, text }) => [mark, text]),
    [
      ['safe', '0 laptops safe'],
      ['late', '0 laptops not seen for more than 10 days'],
      ['partly', '1 laptop has things that are not safe'],
      ['damaged', '1 laptop whose newest backup is damaged'],
      ['never', '1 laptop never backed up'],
    ],
  );
  assert.equal(calm, {
    text: '1 laptop has no backup yet. Has it been used at school?',
    href: '/xs-backup/class?only=never',
  });
  assert.is(statusView(words, STATUS).calm, null, 'there is no laptop');
  const well = statusView(words, { ...STATUS, laptops: [row(1, {})] });
  assert.equal(well.calm, { text: 'Nothing. All is well.', href: null });
});

test('a nick of several laptops is said with the serial number, also in other letters', () => {
  const nameOf = namer(
    new Map(['Jim', 'jim ', 'Ana', ''].map((nick, n) => [serialOf(n), { nick }])),
  );
  assert.equal(
    [0, 1, 2, 3].map((n) => nameOf(serialOf(n))),
    [`Jim (${serialOf(0)})`, `jim  (${serialOf(1)})`, 'Ana', serialOf(3)],
  );
  assert.is(nameOf('LOST'), 'LOST', 'one that is not registered');
});

test('an unknown date is no "safe", and no "3 days ago": only what has surely passed is said', () => {
  const [card] = cardsOf([row(1, { days: 3, atLeast: true })]);
  assert.is(card?.mark, 'unsure');
  assert.is(card && safeText(words, card, NOW.getTime() / 1000), 'at least 3 days ago');
  const [fresh] = cardsOf([row(1, { days: 0, atLeast: true })]);
  assert.is(fresh && safeText(words, fresh, NOW.getTime() / 1000), '');
  const { counts } = statusView(words, {
    ...STATUS,
    laptops: [row(1, { days: 3, atLeast: true })],
  });
  assert.equal(
    counts.map(({ mark, count }) => [mark, count]),
    [
      ['safe', 0],
      ['unsure', 1],
      ['late', 0],
      ['never', 0],
    ],
  );
});

test('the forecast is one sentence: fits, fits until a day, does not fit', () => {
  const { forecast } = STATUS;
  assert.is(forecastText(words, forecast), 'One full copy of every laptop fits: 2 GB of 40 GB');
  assert.match(
    forecastText(words, { ...forecast, fullOn: '2027-02-03' }),
    /It will not from .*2027/,
  );
  assert.match(forecastText(words, { ...forecast, fits: false }), /does not fit/);
});

test('a laptop is shown with what needs a decision, and counted in each of its states', () => {
  const facts = {
    ...{ retired: false, replaced: false, waiting: false, held: false },
    ...{ notSafe: false, unconfirmed: false },
    standing: 'safe',
  } as const;
  const cases: [Partial<Parameters<typeof statesOf>[0]>, Mark[]][] = [
    [{}, ['safe']],
    [{ standing: 'late' }, ['late']],
    [{ standing: 'never' }, ['never']],
    [{ standing: 'unsure' }, ['unsure']],
    [{ standing: 'unsure', notSafe: true }, ['unsure', 'partly']],
    [{ standing: 'damaged' }, ['damaged']],
    [{ replaced: true, standing: 'damaged' }, ['damaged']],
    [{ notSafe: true, standing: 'partly' }, ['partly']],
    [{ notSafe: true, standing: 'late' }, ['late', 'partly']],
    [{ held: true, standing: 'late' }, ['held', 'late']],
    [{ waiting: true, held: true }, ['waiting', 'held', 'safe']],
    [{ replaced: true, standing: 'late' }, ['replaced']],
    [{ replaced: true, waiting: true, standing: 'never' }, ['waiting', 'replaced']],
    [{ replaced: true }, ['safe']],
    [{ unconfirmed: true }, ['safe', 'unconfirmed']],
    [{ unconfirmed: true, replaced: true }, ['safe']],
    [{ unconfirmed: true, retired: true }, ['retired']],
    [{ retired: true, waiting: true, standing: 'late' }, ['retired']],
    [{ retired: true, held: true }, ['retired', 'held']],
  ];
  for (const [change, states] of cases) assert.equal(statesOf({ ...facts, ...change }), states);
});

test('marks differ by shape: no two are drawn alike, and none has a colour', () => {
  const drawn = MARKS.map((mark) => render(MarkShape({ mark })).replace(/class="[^"]*"/, ''));
  assert.is(new Set(drawn).size, MARKS.length);
  for (const svg of drawn) {
    for (const [, color = ''] of svg.matchAll(/(#[0-9a-f]{6})/g)) {
      const [red, green, blue] = [1, 3, 5].map((at) => color.slice(at, at + 2));
      assert.ok(red === green && green === blue, color);
    }
  }
});

test('who needs the teacher comes first, then by name; a laptop without a nick has its serial', () => {
  const cards = cardsOf([
    row(1, { nick: 'Zoe' }),
    row(2, { nick: 'Ana' }),
    row(6, { nick: 'Uma', notSafe: 2 }),
    row(3, { nick: '', lastSuccess: null, days: null }),
    row(4, { nick: 'Jim', held: 1 }),
    row(5, { nick: 'Eva', retired: daysAgo(3) }),
  ]);
  assert.equal(
    cards.map(({ name, mark }) => [name, mark]),
    [
      ['Jim', 'held'],
      ['Uma', 'partly'],
      [serialOf(3), 'never'],
      ['Ana', 'safe'],
      ['Zoe', 'safe'],
      ['Eva', 'retired'],
    ],
  );
});

test('laptops whose digits are to be typed come first; no page knows the digits', () => {
  const key = (n: number) => `SHA256:${String(n).repeat(43)}`;
  const waiting = [
    { kind: 'sugar' as const, since: daysAgo(0), fingerprint: key(1) },
    { kind: 'own' as const, since: daysAgo(2), fingerprint: key(2) },
    { kind: 'own' as const, since: daysAgo(1), fingerprint: key(3) },
  ];
  const laptops = waitingView([
    row(3, { waiting: waiting.slice(0, 1) }),
    row(1, { waiting }),
    row(2, { retired: daysAgo(1), waiting: waiting.slice(1) }),
    row(4, {}),
  ]);
  assert.equal(
    laptops.map(({ serial, hasCode, keys }) => [serial, hasCode, keys.length]),
    [
      [serialOf(1), true, 3],
      [serialOf(3), false, 1],
    ],
  );
  const [newest] = laptops[0]?.keys ?? [];
  assert.equal(commandsOf(newest?.reject ?? { name: 'reject', fields: {} }), [
    { command: 'reject', args: [serialOf(1), key(1)], flags: { json: true } },
  ]);
});

test('of the trash, what went last comes first; converted trees and laptops are left to the terminal', () => {
  const item = (name: string, days: number, reason: string) => {
    const removed = new Date(daysAgo(days));
    return { serial: serialOf(1), name, removed, reason, at: 0, folder: '/nowhere' };
  };
  const lines = trashView(
    [
      item('datastore-2026-03-02_08:00', 3, 'thinned'),
      item('datastore-2026-03-02_08:00', 2, 'adopted'),
      item(`pin-0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9-${'a'.repeat(64)}`, 1, 'unpinned'),
      item('laptop', 4, 'forgotten'),
    ],
    () => 'Jim',
  );
  assert.equal(
    lines.map(({ reason, comesBack }) => [reason, comesBack]),
    [
      ['unpinned', true],
      ['adopted', false],
      ['thinned', true],
      ['forgotten', false],
    ],
  );
  assert.is(lines.at(-1)?.isLaptop, true);
});

test('a calendar has every backup on its day, several days a month, the newest month first', () => {
  const at = (day: string) => ({ created: new Date(`${day}T12:00`).getTime() / 1000 });
  const [a, b, c, d] = [at('2026-03-09'), at('2026-03-02'), at('2026-03-02'), at('2026-01-31')];
  const months = calendarOf([a, b, c, d], 12);
  assert.equal(
    months.map(({ weeks }) =>
      weeks
        .flat()
        .flatMap((one) => (one && one.backups.length > 0 ? [[one.day, one.backups.length]] : [])),
    ),
    [
      [
        [2, 2],
        [9, 1],
      ],
      [[31, 1]],
    ],
  );
  assert.is(months[0]?.weeks[1]?.[0]?.day, 2, 'weeks begin on Monday');
  assert.is(calendarOf([a, b, c, d], 1).length, 1);
});

test.run();
