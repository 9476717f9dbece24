/** What the pictures of the teachers' pages draw, and that the tables behind them say the same. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { findCatalogue } from '../../../shared/words/catalogue.ts';
import { wordsOf } from '../../../shared/words/language.ts';
import { render } from '../../../xs/pages/frame/frame.tsx';
import { DiskBar } from '../../../xs/pages/teacher/disk/disk-bar.tsx';
import { DiskCurve, type DiskCurveProps } from '../../../xs/pages/teacher/disk/disk-curve.tsx';
import { DaysPage } from '../../../xs/pages/teacher/school/days-page.tsx';
import { monthsOf, shareOf } from '../../../xs/pages/teacher/school/days-view.ts';
import { dayOf, type SchoolDay } from '../../../xs/retention/day-log.ts';

const test = suite('pictures of the disk and of the days');

const words = wordsOf(findCatalogue('/nowhere', 'ds-backup', []));
const GB = 1e9;

const plain = (html: string) => html.replace(/<[^>]+>/g, ' ').replace(/\s+/g, ' ');
const rowsIn = (html: string) =>
  [...html.matchAll(/<tr>(?!<th scope="col")([\s\S]*?)<\/tr>/g)].map(([, row = '']) =>
    [...row.matchAll(/<t[hd][^>]*>([\s\S]*?)<\/t[hd]>/g)].map(([, cell = '']) =>
      plain(cell)
        .trim()
        .replace(/^\w+day, /, ''),
    ),
  );

test('the bar of the disk is split as its table says, with a mark at what backups may use', () => {
  const parts = { backups: 30 * GB, others: 20 * GB, free: 50 * GB, room: 60 * GB };
  const html = render(DiskBar({ words, parts }));
  const bar = html.slice(html.indexOf('</defs>'), html.indexOf('</svg>'));
  const widths = [
    ...bar.matchAll(/<rect (?:x="(\d+)" )?width="(\d+)" height="44" fill="([^"]+)"/g),
  ];
  assert.equal(
    widths.map(([, x, width, fill]) => [x, width, fill]),
    [
      [undefined, '600', '#ffffff'],
      [undefined, '180', '#1a1a1a'],
      ['180', '120', 'url(#others)'],
    ],
  );
  assert.equal(
    [...bar.matchAll(/d="M(\d+) 0v44"/g)].map(([, x]) => x),
    ['360', '360'],
  );
  assert.equal(rowsIn(html), [
    ['Backups of this school', '30 GB', '30 %'],
    ['Everything else on this disk', '20 GB', '20 %'],
    ['Free', '50 GB', '50 %'],
    ['Backups may use', '60 GB', '60 %'],
  ]);
  const empty = render(DiskBar({ words, parts: { backups: 0, others: 0, free: 0, room: 0 } }));
  assert.not.match(empty, /NaN|Infinity/);
});

/** `count` days that end on the newest; used bytes by the number of the day. */
function daysUntil(newest: string, count: number, used: (n: number) => number): SchoolDay[] {
  const last = new Date(`${newest}T12:00:00`).getTime();
  return Array.from({ length: count }, (_, n) => ({
    ...{ date: dayOf(new Date(last - (count - 1 - n) * DAY_MS)), freeInodes: 0.5 },
    ...{ usedBytes: used(n), freeBytes: 100 * GB - used(n), laptops: 4, came: 3, failed: 0 },
  }));
}

const pointsOf = (path = '') =>
  [...path.matchAll(/[ML](\d+) (\d+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
const curveOf = (html: string) =>
  pointsOf(
    /<path d="([^"]+)" fill="none" stroke="#1a1a1a" stroke-width="3"(?! stroke-dash)/.exec(
      html,
    )?.[1],
  );
const aheadOf = (html: string) =>
  pointsOf(/<path d="([^"]+)"[^>]*stroke-dasharray="3 7"/.exec(html)?.[1]);

function drawn(props: DiskCurveProps): string {
  const picture = DiskCurve(props);
  return picture ? render(picture) : '';
}

test('the curve of the disk is a year long, rises with what is used, and goes on to the forecast', () => {
  const days = daysUntil('2026-06-30', 400, (n) => (n / 8) * GB);
  const html = drawn({ words, days, fullOn: '2026-08-29' });
  const curve = curveOf(html);
  assert.is(curve.length, 366, 'a year and today');
  // 22 pixels are left above and below; 455 days stand on 600 pixels.
  assert.equal(curve[0], [0, Math.round(178 - (34 / 8 / 100) * 156)]);
  assert.equal(curve.at(-1), [Math.round((365 / 455) * 600), Math.round(178 - (399 / 800) * 156)]);
  for (const [n, [x, y]] of curve.entries()) {
    const [px = 0, py = 178] = curve[n - 1] ?? [];
    assert.ok(x >= px && y <= py, `day ${n} is right of the one before, and not below it`);
  }
  const ahead = aheadOf(html);
  assert.equal(ahead, [curve.at(-1), [Math.round((425 / 455) * 600), 22]]);
  assert.match(html, /At the present growth the disk is full about .*August 29, 2026/);
  assert.match(plain(html), /100 GB/, 'what the uppermost line is');
});

test('a forecast that is farther than the picture is cut at its edge, on its way; none is not drawn', () => {
  const days = daysUntil('2026-06-30', 400, () => 50 * GB);
  const [from, to] = aheadOf(drawn({ words, days, fullOn: '2027-06-30' }));
  assert.is(to?.[0], 600);
  const y = Math.round(100 - (90 / 365) * 78);
  assert.ok(Math.abs((to?.[1] ?? 0) - y) <= 1, `${to} from ${from}`);
  const none = drawn({ words, days, fullOn: null });
  assert.equal(aheadOf(none), []);
  assert.match(none, /not full for years/);
  assert.is(DiskCurve({ words, days: [], fullOn: null }), null, 'no day is known');
});

test('the table behind the curve has the last known day of each month, the newest first', () => {
  const days = daysUntil('2026-06-10', 45, (n) => n * GB);
  const html = drawn({ words, days, fullOn: null });
  assert.equal(rowsIn(html), [
    ['June 10, 2026', '44 GB', '56 GB'],
    ['May 31, 2026', '34 GB', '66 GB'],
    ['April 30, 2026', '3 GB', '97 GB'],
  ]);
});

const day = (date: string, came: number, failed: number): SchoolDay => {
  return {
    date,
    usedBytes: 1,
    freeBytes: 1,
    freeInodes: 0.5,
    laptops: 4,
    came,
    failed,
  } as SchoolDay;
};

test('months of days: the newest first, weeks from Monday, and days without a line are empty', () => {
  const months = monthsOf([
    day('2026-05-29', 4, 0),
    day('2026-06-01', 2, 1),
    day('2026-06-03', 3, 0),
  ]);
  assert.equal(
    months.map(({ lines }) => lines.map(({ date }) => date)),
    [['2026-06-03', '2026-06-01'], ['2026-05-29']],
  );
  // June 2026 begins on a Monday, May on a Friday.
  assert.equal(
    months[0]?.weeks[0]?.map((one) => one && [one.day, one.line?.came ?? null]),
    [
      ...[
        [1, 2],
        [2, null],
        [3, 3],
      ],
      ...[
        [4, null],
        [5, null],
        [6, null],
        [7, null],
      ],
    ],
  );
  assert.equal(
    months[1]?.weeks[0]?.map((one) => one?.day ?? null),
    [null, null, null, null, 1, 2, 3],
  );
  assert.is(months[0]?.weeks.flat().filter((one) => one !== null).length, 30);
  assert.is(shareOf({ came: 3, laptops: 4 }), 0.75);
  assert.is(shareOf({ came: 5, laptops: 4 }), 1, 'some were retired since');
  assert.is(shareOf({ came: 0, laptops: 0 }), 0);
});

test('the calendar fills a glass as high as laptops came, crosses days of failures, and says it in a table', () => {
  const months = monthsOf([
    day('2026-06-01', 2, 1),
    day('2026-06-03', 3, 0),
    day('2026-06-10', 0, 0),
  ]);
  const page = { words, language: 'en', style: '', path: '/', languages: [], who: null } as never;
  const paged = { total: 1, pages: 1, page: 1, shown: months };
  const html = render(DaysPage({ page, found: paged, trusted: true }));
  const month = html.slice(html.indexOf('class="school-month"'));
  const glasses = [...month.matchAll(/<rect x="(\d+)" y="(\d+)" width="34" height="(\d+)"/g)];
  // A glass is 24 high and stands on the 41st pixel of its cell; cells are 44 wide and high.
  assert.equal(
    glasses.map(([, x, y, height]) => [x, y, height].map(Number)),
    [
      [5, 44 + 41 - 12, 12],
      [2 * 44 + 5, 44 + 41 - 18, 18],
      [2 * 44 + 5, 2 * 44 + 41, 0],
    ],
  );
  const crosses = [...month.matchAll(/d="M(\d+) \d+l16 16/g)].map(([, x]) => x);
  assert.equal(crosses, ['14', '14'], 'on the first, with its white edge');
  assert.equal(rowsIn(month), [
    ['June 10, 2026', '0 of 4', '0'],
    ['June 3, 2026', '3 of 4', '0'],
    ['June 1, 2026', '2 of 4', '1'],
  ]);
  const mirrored = render(
    DaysPage({
      page: { ...(page as object), words: { ...words, rightToLeft: true } } as never,
      found: paged,
      trusted: true,
    }),
  );
  assert.match(mirrored, new RegExp(`<rect x="${6 * 44 + 5}" y="73" width="34" height="12"`));
});

test.run();
