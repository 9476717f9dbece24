// weight: 30
/**
 * Dates at the terminal where the school's day is not the day of UTC: people read and type the date that hangs on
 * the wall; names of snapshots stay as they are.
 */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { run } from '../../../shared/system/run.ts';
import { type ActorProgram, makeActor } from '../actor-program.ts';

const test = suite('dates of xs-backup where it is not UTC');

let child: ActorProgram;
test.before(async () => {
  child = await makeActor('xs/commands/zone-child.ts');
});
test.after(() => child[Symbol.dispose]());

async function tellIn(zone: string, instant: string, lines: readonly string[]) {
  const args = [child.path, instant, ...lines];
  const { stdout } = await run(process.execPath, args, { env: { ...process.env, TZ: zone } });
  return JSON.parse(stdout) as Record<string, string>;
}

interface Zone {
  zone: string;
  /** Of the backup. */
  instant: string;
  /** The same on the wall, and by UTC. */
  wall: string;
  utc: string;
  /** Hours to the middle of the next day at school, which has the UTC date of the first backup, or its own. */
  next: number;
}
const ZONES: Zone[] = [
  {
    zone: 'America/Lima',
    instant: '2026-03-03T02:30:00Z',
    wall: '2026-03-02 21:30',
    utc: '2026-03-03',
    next: 12,
  },
  {
    zone: 'Asia/Kathmandu',
    instant: '2026-03-02T20:00:00Z',
    wall: '2026-03-03 01:45',
    utc: '2026-03-02',
    next: -12,
  },
];

/** Everything that shows a date of what was done at that moment. */
const SHOWING = [
  ...['status', 'doctor', 'laptops', 'audit', 'teacher list', 'snapshots CSN74803BB1', 'quota'],
  ...['pin CSN74803BB1 latest', 'pins CSN74803BB1', 'trash', 'held', 'cleanup', 'damage', 'twins'],
  ...['retire SHC00800000', 'proposals', 'arrivals', 'class-page', 'offsite status', 'not-safe'],
];

for (const { zone, instant, wall, utc, next } of ZONES) {
  const [date = ''] = wall.split(' ');
  test(`in ${zone} every date is that of the wall`, async () => {
    const told = await tellIn(zone, instant, SHOWING);
    for (const [line, text] of Object.entries(told)) {
      const withoutNames = text.replace(/datastore-\S+/g, '');
      assert.not.match(withoutNames, utc, `${line}: ${text}`);
      assert.not.match(withoutNames, /UTC|\d\dZ/, `${line}: ${text}`);
    }
    for (const line of ['audit', 'teacher list', 'snapshots CSN74803BB1', 'laptops', 'status'])
      assert.match(told[line] ?? '', date, line);
    assert.match(told['snapshots CSN74803BB1'] ?? '', wall);
  });

  test(`in ${zone} a snapshot is found by the date that is shown, and by its name`, async () => {
    const name = `datastore-${instant.slice(0, 16).replace('T', '_')}`;
    const told = await tellIn(zone, instant, [
      ...[
        `sums CSN74803BB1 ${date}`,
        `sums CSN74803BB1 ${wall.replace(' ', '_')}`,
        `sums CSN74803BB1 ${name}`,
      ],
      ...[`sums CSN74803BB1 ${utc}`, `pin CSN74803BB1 ${date}`, `unpin CSN74803BB1 ${date}`],
      `export CSN74803BB1 ${date} /media/stick/a`,
    ]);
    for (const [line, text] of Object.entries(told))
      assert.not.match(text, /error/, `${line}: ${text}`);
    assert.match(told[`pin CSN74803BB1 ${date}`] ?? '', `${name} is pinned`);
  });

  test(`in ${zone} a date that may mean two snapshots is asked about, with both`, async () => {
    const told = await tellIn(zone, instant, [
      `+${next}h backup`,
      `sums CSN74803BB1 ${utc}`,
      `sums CSN74803BB1 ${date}`,
    ]);
    const asked = Object.values(told).filter((text) => /may be any of 2 snapshots/.test(text));
    assert.is(asked.length, 1, JSON.stringify(told));
    assert.match(asked[0] ?? '', `${wall} `);
    assert.match(asked[0] ?? '', /datastore-\S+ \(\S+ \S+ \S+\), datastore-/);
  });

  test(`in ${zone} a clock that jumped is told by the wall`, async () => {
    const told = await tellIn(zone, instant, ['+90000h status', 'cleanup']);
    const line = (told['+90000h status'] ?? '').split('\n').find((one) => one.startsWith('clock'));
    assert.match(line ?? '', `jumped from ${wall}`);
    assert.not.match(Object.values(told).join(''), /UTC/);
  });
}

test.run();
