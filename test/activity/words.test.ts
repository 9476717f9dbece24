/** Times, sizes and ranges in words, and what keeps pictures within bounds. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { asAgentError } from '../../activity/client.ts';
import { readConfig } from '../../activity/config.ts';
import { daysIn, shiftMonth } from '../../activity/model/screens/restore/month-grid.ts';
import { BoundedCache, keptPictures } from '../../activity/sugar/picture-cache.ts';
import { colorSvg } from '../../activity/sugar/xocolor.ts';
import { parseColors } from '../../shared/journal/colors.ts';
import { languagesOf } from '../../shared/words/catalogue.ts';
import { monthOf } from '../../shared/words/month.ts';
import { ago, size, timeLeft } from '../../shared/words/words.ts';
import { viewer } from './viewer.ts';

const test = suite('words');
const { words } = viewer;
const DAY = 86_400;

const AGO: [seconds: number, text: string][] = [
  [5, 'just now'],
  [119, 'just now'],
  [120, '2 minutes ago'],
  [150, '2 minutes ago'],
  [3600, '1 hour ago'],
  [DAY, '1 day ago'],
  [7 * DAY, '1 week ago'],
  [13 * DAY, '1 week ago'],
  [22 * DAY, '3 weeks ago'],
  [31 * DAY, '1 month ago'],
  [70 * DAY, '2 months ago'],
  [365 * DAY, '1 year ago'],
  [800 * DAY, '2 years ago'],
  [-500, 'just now'],
];
for (const [seconds, text] of AGO) {
  test(`${seconds} seconds ago is "${text}"`, () =>
    assert.is(ago(words, 1e9, 1e9 + seconds), text));
}

test('a time that is not known is no time', () => assert.is(ago(words, 0, 1e9), ''));

test('time left is a range, and nothing while unknown', () => {
  assert.is(timeLeft(words, [0, 0]), '');
  assert.is(timeLeft(words, [20, 50]), 'about a minute');
  assert.is(timeLeft(words, [60, 120]), 'about 1-2 min');
  assert.is(timeLeft(words, [300, 600]), 'about 5-10 min');
  assert.is(
    timeLeft(words, [300, 300]),
    'about 5-6 min',
    'a range even where both ends are the same',
  );
});

test('sizes are in thousands, and only nothing is 0 KB', () => {
  assert.equal(
    [0, 1, 1500, 1e6, 3.44e6, 44.4e6, 1e9, 2.1e9].map((bytes) => size(words, bytes)),
    ['0 KB', '1 KB', '2 KB', '1 MB', '3.4 MB', '44 MB', '1 GB', '2.1 GB'],
  );
});

test('a month has its days in weeks from Monday', () => {
  const { weeks } = monthOf(new Date(2026, 10, 15).getTime() / 1000);
  assert.equal(weeks[0], [null, null, null, null, null, null, 1]);
  assert.is(weeks.flat().filter((day) => day !== null).length, 30);
  const february = monthOf(new Date(2026, 1, 20).getTime() / 1000);
  assert.is(february.month, new Date(2026, 1, 1, 12).getTime() / 1000);
  assert.is(february.weeks.length, 5);
  assert.equal(february.weeks.at(-1), [23, 24, 25, 26, 27, 28, null]);
  const january = shiftMonth(new Date(2026, 11, 1, 12).getTime() / 1000, 1);
  assert.equal(
    [new Date(january * 1000).getFullYear(), new Date(january * 1000).getMonth()],
    [2027, 0],
  );
});

test('of several snapshots on a day the newest counts', () => {
  const at = (hour: number) => new Date(2026, 10, 15, hour).getTime() / 1000;
  const days = [9, 14].map((hour) => ({
    snapshot: String(hour),
    created: at(hour),
    entries: 1,
    bytes: 1,
  }));
  assert.is(daysIn(at(9), days).get(15)?.snapshot, '14');
});

test('pictures are kept up to a bound, and those used last stay', () => {
  const cache = new BoundedCache<string, number>(100, (value) => value);
  for (const key of ['a', 'b', 'c']) cache.set(key, 40);
  assert.equal(
    ['a', 'b', 'c'].map((key) => cache.has(key)),
    [false, true, true],
  );
  cache.get('b');
  cache.set('d', 40);
  assert.equal(
    ['b', 'c', 'd'].map((key) => cache.has(key)),
    [true, false, true],
  );
  cache.set('huge', 500);
  assert.is(cache.size, 1);
});

test('a backup with 130 levels of the school leaves few of them in memory', () => {
  const school = { getByteLength: () => 440 * 409 * 4 };
  const pictures = keptPictures<typeof school>(5e6);
  for (let level = 0; level < 130; level += 1) pictures.set(`school ${level}`, { picture: school });
  assert.is(pictures.size, 6, 'not 90 MB');
  const icons = keptPictures<typeof school>(5e6);
  const icon = { getByteLength: () => 45 * 45 * 4 };
  for (let n = 0; n < 500; n += 1) icons.set(`icon ${n}`, { picture: n % 2 ? icon : null });
  assert.is(icons.size, 500, 'small ones all stay');
});

test('languages come as gettext takes them', () => {
  assert.equal(languagesOf({ LANGUAGE: 'es:fr', LANG: 'de_DE.UTF-8' }), [
    'es',
    'fr',
    'de_DE.UTF-8',
  ]);
  assert.equal(languagesOf({ LANG: 'C.UTF-8' }), []);
  assert.equal(languagesOf({ LC_ALL: 'ar_EG.UTF-8', LANG: 'es_PE' }), ['ar_EG.UTF-8']);
});

test('an activity id that could leave its place in a bus name is refused', () => {
  assert.throws(() => readConfig(['-a', '../x'], {}, '/b'), /activity id/);
  assert.throws(() => readConfig([], {}, '/b'), /activity id/);
  assert.is(readConfig(['-b', 'x.Y', '-a', 'abc123'], {}, '/b').activityId, 'abc123');
});

test("the agent's errors keep their code and their hint", () => {
  const error = asAgentError({
    type: 'org.sugarlabs.Backup1.Error.ServerUnreachable',
    text: 'no answer\nlook at it',
  });
  assert.equal(
    [error.code, error.message, error.hint],
    ['server-unreachable', 'no answer', 'look at it'],
  );
  assert.is(asAgentError(new Error('x')).code, 'internal');
});

test('colors are two, and nothing else reaches an SVG', () => {
  assert.equal(parseColors('#FF2B34,#005FE4'), { stroke: '#FF2B34', fill: '#005FE4' });
  assert.is(parseColors('#FF2B34,#005FE4"><script/>'), null);
  const svg = '<!ENTITY stroke_color "#000"><!ENTITY fill_color "#fff">';
  assert.is(
    colorSvg(svg, { stroke: '#111111', fill: '#222222' }),
    '<!ENTITY stroke_color "#111111"><!ENTITY fill_color "#222222">',
  );
});

test.run();
