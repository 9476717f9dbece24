/** What the teachers' pages say, from made-up facts; and which acts there are. */

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import type { LaptopRow } from '../../../xs/admin/laptop-list.ts';
import type { Status } from '../../../xs/admin/status.ts';
import { render } from '../../../xs/pages/frame/frame.tsx';
import { ACT_NAMES, commandOf, fieldsOf, readAct } from '../../../xs/pages/teacher/acts/acts.ts';
import { trashView } from '../../../xs/pages/teacher/disk/trash-page.tsx';
import { waitingView } from '../../../xs/pages/teacher/laptops/waiting-page.tsx';
import { auditView, LINES_EACH } from '../../../xs/pages/teacher/school/audit-page.tsx';
import { forecastText, statusView } from '../../../xs/pages/teacher/school/status-view.ts';
import { cardsOf } from '../../../xs/pages/teacher/shown/laptop-card.ts';
import { MARKS, type Mark, MarkShape, markOf } from '../../../xs/pages/teacher/shown/marks.tsx';
import type { AuditLine } from '../../../xs/registration/audit.ts';
import { refused } from '../../shared/refused.ts';
import { serialOf } from '../whole.ts';

const test = suite("the teachers' pages in words");

const words = wordsOf(findCatalogue('/nowhere', 'ds-backup', []));
const NOW = new Date('2026-09-01T08:00:00Z');
const daysAgo = (days: number) => new Date(NOW.getTime() - days * 86_400_000).toISOString();

function row(n: number, facts: Partial<LaptopRow>): LaptopRow {
  return {
    ...{ serial: serialOf(n), nick: `child ${n}`, colors: null, registered: daysAgo(90) },
    ...{
      enrolled: true,
      confirmed: true,
      retired: null,
      replaces: null,
      replacedBy: null,
      snapshots: 1,
    },
    ...{ newest: null, bytes: 1, lastSuccess: daysAgo(1), held: 0, waiting: [], rejected: [] },
    ...facts,
  };
}

const STATUS: Status = {
  time: NOW.toISOString(),
  laptops: [],
  ...{ held: [], waitingKeys: [], overQuota: [], trash: 0, damaged: 0 },
  disk: { freeBytes: 5e10, usedBytes: 1e10, freeBlocks: 0.8, freeInodes: 0.9 },
  forecast: { neededBytes: 2e9, roomBytes: 4e10, fits: true, fullOn: null },
  scrub: { pass: 1, shard: 128, lastPassFinished: null },
  clock: { trusted: true, reason: '' },
};

test('when all is well, nothing is asked of the teacher', () => {
  const { asks, facts } = statusView(words, STATUS);
  assert.equal(asks, []);
  assert.match(facts.map(({ text }) => text).join('\n'), /50 % of everything read in this round/);
});

test('each thing that needs a decision is said once, with names and the page it is decided on', () => {
  const named = (n: number) => ({ serial: serialOf(n), nick: n === 3 ? '' : `child ${n}` });
  const { asks, counts } = statusView(words, {
    ...STATUS,
    laptops: [
      { ...named(1), days: 1, standing: 'safe' },
      { ...named(2), days: 20, standing: 'late' },
      { ...named(3), days: 40, standing: 'late' },
      { ...named(4), days: null, standing: 'never' },
    ],
    waitingKeys: [{ ...named(1), keys: 1 }],
    held: Array.from({ length: 11 }, (_, n) => ({ ...named(n + 4), snapshots: 2 })),
    overQuota: [named(1)],
    disk: { ...STATUS.disk, freeInodes: 0.05 },
    forecast: { ...STATUS.forecast, fits: false },
    damaged: 2,
    clock: { trusted: false, reason: 'it jumped' },
  });
  assert.equal(
    counts.map(({ count }) => count),
    [1, 2, 1],
  );
  assert.equal(
    asks.map(({ href, names }) => [href, names]),
    [
      ['/xs-backup/waiting', 'child 1'],
      [
        '/xs-backup/held',
        'child 4, child 5, child 6, child 7, child 8, child 9, child 10, child 11, and 3 more',
      ],
      ...Array.from({ length: 4 }, () => ['/xs-backup/disk', '']),
      ['/xs-backup/disk', 'child 1'],
      ['/xs-backup/class?only=late', `${serialOf(3)}, child 2`],
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

test('a laptop has one mark: what needs a decision before how old its backup is', () => {
  const facts = { retired: false, waiting: false, held: false, standing: 'safe' } as const;
  const cases: [Partial<Parameters<typeof markOf>[0]>, Mark][] = [
    [{}, 'safe'],
    [{ standing: 'late' }, 'late'],
    [{ standing: 'never' }, 'never'],
    [{ held: true, standing: 'late' }, 'held'],
    [{ waiting: true, held: true }, 'waiting'],
    [{ retired: true, waiting: true }, 'retired'],
  ];
  for (const [change, mark] of cases) assert.is(markOf({ ...facts, ...change }), mark);
});

test('marks differ by shape: no two are drawn alike, and none has a colour', () => {
  const drawn = MARKS.map((mark) => render(MarkShape({ mark })).replace(/class="[^"]*"/, ''));
  assert.is(new Set(drawn).size, MARKS.length);
  for (const svg of drawn) {
    for (const [, colour = ''] of svg.matchAll(/(#[0-9a-f]{6})/g)) {
      const [red, green, blue] = [1, 3, 5].map((at) => colour.slice(at, at + 2));
      assert.ok(red === green && green === blue, colour);
    }
  }
});

test('who needs the teacher comes first, then by name; a laptop without a nick has its serial', () => {
  const cards = cardsOf(
    [
      row(1, { nick: 'Zoe' }),
      row(2, { nick: 'Ana' }),
      row(3, { nick: '', lastSuccess: null }),
      row(4, { nick: 'Jim', held: 1 }),
      row(5, { nick: 'Eva', retired: daysAgo(3) }),
    ],
    NOW,
  );
  assert.equal(
    cards.map(({ name, mark }) => [name, mark]),
    [
      ['Jim', 'held'],
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
  assert.equal(commandOf(newest?.reject ?? { name: 'reject', fields: {} }), {
    command: 'reject',
    args: [serialOf(1), key(1)],
    flags: { json: true },
  });
});

test('six digits may be typed with spaces and in Arabic digits; fewer are none', () => {
  const typed = (code: string) => {
    return readAct({ act: 'approve', serial: serialOf(1), code }).fields.code;
  };
  assert.is(typed('047 111'), '047111');
  assert.is(typed(' ٠٤٧١١١ '), '047111');
  for (const bad of ['', '0471', '0471110', 'x'.repeat(30)]) {
    refused(() => typed(bad), 'bad-input', /"code"/);
  }
});

const GOOD: Record<string, string> = {
  ...{ serial: serialOf(1), of: serialOf(2), code: '047111', key: `SHA256:${'a'.repeat(43)}` },
  ...{ snapshot: 'datastore-2026-03-02_08:00', pin: '0b1c2d3e-4f50-4617-8293-a4b5c6d7e8f9' },
  ...{ item: 'datastore-2026-03-02_08:00', minutes: '15' },
};

test('a form is an act with fields of the right kind, or it is nothing', () => {
  for (const name of ACT_NAMES) {
    const sent = { ...GOOD, act: name, 'dry-run': 'true', all: '1' };
    const { command, args, flags } = commandOf(readAct(sent));
    assert.is(command, name);
    assert.ok(args.every((one) => one !== ''));
    assert.not('dry-run' in flags);
    for (const field of fieldsOf(name)) {
      for (const bad of [undefined, '', '../x', '--all', 'x\ny', ['a'], `${GOOD[field]} x`]) {
        assert.throws(
          () => readAct({ ...sent, [field]: bad }),
          /missing or wrong/,
          `${name} ${field}`,
        );
      }
    }
  }
  for (const act of ['teacher', 'rebuild', 'toString', '__proto__', '', undefined, ['retire']]) {
    assert.throws(() => readAct({ ...GOOD, act }), /no such act/);
  }
});

test('the audit log is shown in pages, the newest line first', () => {
  const all = Array.from({ length: LINES_EACH * 2 + 5 }, (_, n): AuditLine => {
    return { time: daysAgo(300 - n), event: 'pinned', serial: null, who: 'admin', details: { n } };
  });
  const first = auditView(all, 1);
  assert.equal([first.pages, first.lines[0]?.details.n, first.lines.length], [3, 204, LINES_EACH]);
  const last = auditView(all, 99);
  assert.equal([last.at, last.lines.length, last.lines.at(-1)?.details.n], [3, 5, 0]);
  assert.equal(auditView([], 1), { lines: [], at: 1, pages: 1 });
});

test('of the trash, what went last comes first, and converted trees are left to the terminal', () => {
  const item = (name: string, days: number, reason: string) => {
    return { serial: serialOf(1), name, removed: new Date(daysAgo(days)), reason };
  };
  const lines = trashView(
    [
      item('datastore-2026-03-02_08:00', 3, 'thinned'),
      item('datastore-2026-03-02_08:00', 2, 'adopted'),
      item(`pin-${GOOD.pin}-${'a'.repeat(64)}`, 1, 'unpinned'),
    ],
    () => 'Jim',
  );
  assert.equal(
    lines.map(({ reason, comesBack, snapshot }) => [reason, comesBack, snapshot !== null]),
    [
      ['unpinned', true, false],
      ['adopted', false, true],
      ['thinned', true, true],
    ],
  );
});

test.run();
