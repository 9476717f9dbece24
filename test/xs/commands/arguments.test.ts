/** What may be typed for a laptop and for a snapshot; what may not is among the wrong calls. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSnapshotName } from '../../../shared/ids.ts';
import { findLaptop, findName } from '../../../xs/commands/arguments.ts';
import { columns } from '../../../xs/commands/lines.ts';
import { SERIAL } from '../library.ts';
import { serialOf } from '../whole.ts';

const test = suite('arguments of xs-backup');

const LAPTOPS = ['Ana', 'Anabel', 'José Luis', SERIAL].map((nick, n) => {
  return { serial: serialOf(n + 1), nick };
});
const ALL = [...LAPTOPS, { serial: SERIAL, nick: 'Jocinta' }];

const TYPED: [text: string, serial: string][] = [
  [SERIAL, SERIAL],
  [SERIAL.toLowerCase(), SERIAL],
  [` ${SERIAL} `, SERIAL],
  ['Jocinta', SERIAL],
  ['jocinta', SERIAL],
  ['joc', SERIAL],
  // Exactly this nick, though another begins with it.
  ['Ana', serialOf(1)],
  ['anab', serialOf(2)],
  ['josé', serialOf(3)],
  ['jose\u0301 luis', serialOf(3)],
  ['tst00000002', serialOf(2)],
];
for (const [text, serial] of TYPED) {
  test(`${JSON.stringify(text)} is the laptop ${serial}`, () => {
    assert.is(findLaptop(text, ALL), serial);
  });
}

const NAMES = [
  '2026-11-22_14:05-2',
  '2026-11-22_14:05',
  '2026-11-21_13:58',
  '2025-03-01_09:00',
].map((day) => parseSnapshotName(`datastore-${day}`));
const SNAPSHOTS: [text: string, index: number][] = [
  ['latest', 0],
  ['2026-11-21', 2],
  ['datastore-2026-11-21', 2],
  ['2025', 3],
  ['datastore-2026-11-22_14:05', 1],
  ['2026-11-22_14:05-2', 0],
];
for (const [text, index] of SNAPSHOTS) {
  test(`${JSON.stringify(text)} is the snapshot ${NAMES[index]}`, () => {
    assert.is(findName(SERIAL, text, NAMES), NAMES[index]);
  });
}

test('columns are aligned, numbers to the right, also with letters that take no room or two', () => {
  assert.equal(
    columns([
      ['Ana', '9', '1.5 MB', ''],
      ['jose\u0301', '120', '12 KB', 'x'],
      ['日本', '7', '', 'y'],
    ]),
    ['Ana     9  1.5 MB', 'jose\u0301  120   12 KB  x', '日本    7          y'],
  );
});

const THINGS = 'laptops|snapshots|entries|files|names|items|folders|things|days|backups|unused';
const UNCOUNTED = new RegExp(
  `\\$\\{(?!counted)[^}]*\\} (${THINGS})\\b|counted\\([^)]*\\)\\}[\\w ]* are\\b`,
);

test('whatever is counted is counted right: "1 snapshot", not "1 snapshots"', () => {
  const folder = fileURLToPath(new URL('../../../xs/commands', import.meta.url));
  const wrong = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .flatMap((file) => readFileSync(join(folder, file), 'utf8').split('\n'))
    // A progress bar is drawn over in a moment, and says "1/1 laptops"; "any of" are two at least.
    .filter(
      (one) => UNCOUNTED.test(one) && !/progress\(|text: | any of |=== 1|LATE_DAYS/.test(one),
    );
  assert.equal(
    wrong.map((one) => one.trim()),
    [],
  );
});

test.run();
