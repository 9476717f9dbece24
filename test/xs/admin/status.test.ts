import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { CONCERN_TYPES, concerns, weighed } from '../../../xs/admin/concerns.ts';
import { standing } from '../../../xs/admin/laptop-states.ts';
import { formatMetrics } from '../../../xs/admin/metrics.ts';
import type { LaptopStanding, Status } from '../../../xs/admin/status.ts';
import { CHECKED_TYPES, checksOf } from '../../../xs/commands/status.ts';
import { formatStatus } from '../../../xs/commands/status-lines.ts';
import { daysSince, type Stamp } from '../../../xs/storage/moment.ts';
import { SERIAL } from '../library.ts';
import { momentAfter } from '../retention/aged.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';
import { ALONE, laptop, old, statusOf, WELL } from './concern-table.ts';

const test = suite('the school on one screen');

const NOW = new Date('2026-06-15T10:00:00Z');

test('safe, late, never', () => {
  const rows: [number | null, LaptopStanding['standing']][] = [
    [null, 'never'],
    [0, 'safe'],
    [10, 'safe'],
    [11, 'late'],
  ];
  for (const [days, expected] of rows) assert.is(standing(days), expected, String(days));
  assert.is(standing(0, { damaged: true, notSafe: true }), 'damaged');
  assert.is(standing(0, { damaged: false, notSafe: true }), 'partly');
  assert.is(standing(11, { damaged: false, notSafe: true }), 'late');
  assert.is(standing(3, { atLeast: true }), 'unsure');
  assert.is(standing(3, { atLeast: true, notSafe: true }), 'unsure');
  assert.is(standing(11, { atLeast: true }), 'late', 'at least 11 days are late anyway');
  assert.is(standing(3, { atLeast: true, damaged: true }), 'damaged');
});

test('days since a backup: by the clock while it is right, else as many as it may be', () => {
  const now = { ...momentAfter(0), time: NOW, boot: 30 };
  const since = (time: string, days: number, more: Partial<Stamp> = {}) =>
    daysSince(now, {
      ...{ time: new Date(time), at: now.at - days * DAY_MS, boot: 25, doubted: false },
      ...more,
    });
  assert.is(since('2026-06-05T10:00:00Z', 4), 10, 'also while the server was off');
  assert.is(since('2100-01-01T00:00:00Z', 12), 12, 'a date that was believed by mistake');
  assert.is(since('2100-01-01T00:00:00Z', 0.2, { doubted: true }), 5, 'as often as it was started');
  assert.is(since('2026-06-15T09:00:00Z', 11, { doubted: true }), 11, 'as long as it has run');
});

test('at most 25 lines of 120 letters, also for a thousand laptops with every trouble', () => {
  const lines = formatStatus(statusOf(1000));
  assert.ok(lines.length <= 25, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 120, line);
  assert.equal(
    concerns(statusOf(1000)).map(({ type }) => type),
    // Of the three about the disk's room only the worst.
    CONCERN_TYPES.filter((type) => !['disk-nearly-full', 'disk-filling'].includes(type)),
  );
});

test('every kind of concern is told by one check of the doctor', () => {
  assert.equal([...CHECKED_TYPES].sort(), [...CONCERN_TYPES].sort());
});

test('each kind of concern is in the table', () => {
  assert.equal(ALONE.map(([type]) => type).sort(), [...CONCERN_TYPES].sort());
});

const seen = laptop(1, { days: 1, standing: 'safe', registered: old });
const OPEN: [what: string, state: string, why: RegExp, Partial<Status>][] = [
  ['the copy elsewhere is made', 'none', /no copy elsewhere is set up/, {}],
  ['every laptop has a backup', 'none', /no laptop has registered/, { laptops: [] }],
  ['every laptop was seen lately', 'none', /no laptop has registered/, { laptops: [] }],
  [
    'every laptop was seen lately',
    'open',
    /on an unknown date, by the clock: 1$/,
    { laptops: [seen, laptop(2, { days: 1, standing: 'unsure', registered: old })] },
  ],
  [
    'every laptop has a backup',
    'open',
    /within a day, and without one: 1$/,
    { laptops: [laptop(2, { days: null, standing: 'never', registered: WELL.time })] },
  ],
  ...['everything was checked lately', 'nothing stored is damaged'].map(
    (what): (typeof OPEN)[number] => [
      ...([what, 'open', /not everything has been read yet: 50 % of the first pass/] as const),
      { scrub: { pass: 1, shard: 128, lastPassFinished: null, daysSince: 3 } },
    ],
  ),
  ...['its ports answer', 'a laptop can send and fetch'].map((what): (typeof OPEN)[number] => [
    ...([what, 'open', /not tried: the service is not running/] as const),
    { probes: { running: false, closedPorts: [], sandbox: null, sessionTried: 'no' } },
  ]),
  [
    'a laptop can send and fetch',
    'open',
    /not tried: sshd/,
    { probes: { ...WELL.probes, sessionTried: 'no' } },
  ],
  [
    'a laptop can send and fetch',
    'open',
    /its sandbox begins; .*no laptop has registered/,
    { probes: { ...WELL.probes, sessionTried: 'empty' } },
  ],
  ['the reserve for repairs is there', 'open', /first daily cleanup/, { cleanedUp: false }],
  ['every laptop is within its share', 'open', /first daily cleanup/, { cleanedUp: false }],
];
for (const [what, state, why, facts] of OPEN) {
  test(`the doctor does not say "ok ${what}" of what nobody knows: ${why.source}`, () => {
    const found = checksOf({ ...WELL, laptops: [seen], offsite: 'none', ...facts });
    const check = found.find((one) => one.what === what);
    assert.is(check?.state, state);
    assert.match(check?.why ?? '', why);
  });
}

test('the doctor says ok to all of a school in which all is known and well', () => {
  const found = checksOf({ ...WELL, laptops: [seen], offsite: 'made' });
  assert.equal(
    found.filter(({ state }) => state !== 'ok'),
    [],
  );
});

test('all is well: no concern, and a line that says so', () => {
  assert.equal(concerns(WELL), []);
  assert.is(formatStatus(WELL).at(-1), 'all is well');
});

for (const [type, facts, line, advice] of ALONE) {
  test(`${type} alone is one concern, told with what to do, and one metric`, () => {
    const status = { ...WELL, ...facts };
    assert.equal(
      concerns(status).map((one) => one.type),
      [type],
    );
    const lines = formatStatus(status);
    const isAdvice = weighed(concerns(status)).advice.length > 0;
    const quiet = ['no-teacher', 'teachers-of-copy', 'unconfirmed', 'offers', 'proposals'];
    assert.is(isAdvice, quiet.includes(type));
    assert.is(lines.includes('all is well'), isAdvice);
    const at = lines.indexOf(isAdvice ? 'worth doing:' : 'needs attention:');
    const todo = lines.slice(at + 2).join(' ');
    assert.ok(at > 0 && todo !== '', lines.join('\n'));
    assert.equal(
      lines.slice(at + 2).filter((one) => !one.startsWith('    ')),
      [],
      'one concern, and what to do',
    );
    assert.match(lines[at + 1] ?? '', line);
    assert.match(todo.replace(/\s+/g, ' '), advice);
    const open = [...formatMetrics(status, 0).matchAll(/^xs_backup_concern\{type="(.+)"\} 1$/gm)];
    assert.equal(
      open.map((match) => match[1]),
      [type],
    );
  });
}

test('metrics and diag name nobody', async () => {
  const away = 'rest:https://jo:a-password@away.example/school';
  await using whole = await openWhole(`[offsite]\nrepository = "${away}"\n`);
  whole.library.registrations.register(serialOf(7), 'Jocinta Ñusta', 'a-secret-uuid', dsaKey(7));
  const metrics = formatMetrics(statusOf(30), 4);
  assert.match(metrics, /^xs_backup_laptops\{standing="late"\} 10$/m);
  assert.match(metrics, /^xs_backup_leases 4$/m);
  assert.match(metrics, /^xs_backup_offsite_set_up 1$/m);
  assert.match(formatMetrics(WELL, 0), /^xs_backup_offsite_set_up 0$/m);
  for (const line of metrics.trim().split('\n')) {
    assert.match(
      line,
      /^(# (HELP|TYPE) xs_backup_\w+ .+|xs_backup_\w+(\{(standing|type)="[\w-]+"\})? [\d.]+)$/,
    );
  }
  const diag = await whole.command('diag');
  assert.match(diag, /rsync/);
  const places = ['a-password', 'away.example'];
  const names = ['Jocinta', serialOf(7), SERIAL, 'a-secret-uuid', dsaKey(7).slice(0, 40)];
  for (const secret of [...names, ...places]) {
    assert.not.ok(diag.includes(secret), secret);
    assert.not.ok(metrics.includes(secret), secret);
  }
});

test.run();
