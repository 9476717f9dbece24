import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { CONCERN_TYPES, type Concern, concerns, weighed } from '../../../xs/admin/concerns.ts';
import { standing } from '../../../xs/admin/laptop-states.ts';
import { formatMetrics } from '../../../xs/admin/metrics.ts';
import type { LaptopStanding, Status } from '../../../xs/admin/status.ts';
import { CHECKED_TYPES, checksOf, formatStatus } from '../../../xs/commands/status.ts';
import { daysSince, type Stamp } from '../../../xs/storage/moment.ts';
import { SERIAL } from '../library.ts';
import { momentAfter } from '../retention/aged.ts';
import { dsaKey, openWhole, serialOf } from '../whole.ts';

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

function statusOf(laptops: number): Status {
  return {
    time: NOW.toISOString(),
    laptops: Array.from({ length: laptops }, (_, n) => ({
      serial: serialOf(n),
      nick: `child ${n}`,
      registered: '2026-01-01T00:00:00Z',
      days: [null, 165, 0][n % 3] ?? null,
      standing: standing([null, 165, 0][n % 3] ?? null),
      states: [standing([null, 165, 0][n % 3] ?? null)],
    })),
    namesakes: [],
    held: Array.from({ length: laptops }, (_, n) => ({
      serial: serialOf(n),
      nick: '',
      snapshots: 2,
    })),
    damagedLaptops: [{ serial: SERIAL, nick: 'Jim', files: 3 }],
    twins: [{ serial: SERIAL, nick: 'Jim' }],
    arrivals: [{ serial: SERIAL, nick: 'Jim' }],
    notSafe: [{ serial: SERIAL, nick: 'Jim', count: 2, entries: [] }],
    waitingKeys: [{ serial: SERIAL, nick: 'Jim', keys: 1 }],
    offers: [{ serial: SERIAL, nick: 'Jim', count: 2 }],
    proposals: [{ serial: SERIAL, nick: 'Jim' }],
    overQuota: [{ serial: SERIAL, nick: 'Jim' }],
    leftovers: [{ serial: SERIAL, nick: 'Jim', bytes: 5e6 }],
    disk: { freeBytes: 1e9, usedBytes: 99e9, freeBlocks: 0.01, freeInodes: 0.5, minFree: 0.03 },
    parts: { backups: 98e9, others: 1e9, free: 1e9, room: 1e12 },
    forecast: { neededBytes: 2e12, roomBytes: 1e12, fits: false, fullOn: null },
    unregistered: Array.from({ length: laptops }, (_, n) => serialOf(n)),
    strangers: Array.from({ length: laptops }, (_, n) => {
      return { serial: serialOf(n), nick: '', holdsData: true };
    }),
    lockedOut: [{ serial: SERIAL, nick: 'Jim' }],
    unlinked: true,
    offsite: 'late',
    trash: 12,
    damaged: 3,
    scrub: { pass: 2, shard: 128, lastPassFinished: '2026-05-30T00:00:00Z', daysSince: 40 },
    ...{ unconfirmed: [{ serial: SERIAL, nick: 'Jim' }], teachers: 0, fullOn: '2026-07-01' },
    https: { address: '', port: 65_000, fingerprint: Array(32).fill('AB').join(':') },
    reliefs: [
      { type: 'others', bytes: 3e9, laptops: [] },
      { type: 'pins', bytes: 2e9, laptops: [] },
      { type: 'held', bytes: 1e9, laptops: [] },
    ],
    reserve: false,
    cleanedUp: true,
    probes: {
      ...{ running: false, sandbox: 'bwrap: not found', sessionTried: true },
      closedPorts: [{ port: 80, purpose: 'ask' }],
    },
    clock: { trusted: false, reason: 'the clock jumped' },
    faults: [{ part: 'library', reason: `EROFS: ${'/a-long-path'.repeat(20)}` }],
    disks: [{ name: 'state', freeBlocks: 0.5, freeInodes: 0.5 }],
  };
}

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

const WELL: Status = {
  ...statusOf(0),
  ...{
    waitingKeys: [],
    twins: [],
    arrivals: [],
    offers: [],
    proposals: [],
    overQuota: [],
    leftovers: [],
    unlinked: false,
    offsite: 'none',
    damaged: 0,
    damagedLaptops: [],
    lockedOut: [],
    notSafe: [],
    clock: { trusted: true, reason: '' },
    https: null,
    ...{ unconfirmed: [], teachers: 1, fullOn: null, reliefs: [], reserve: true },
    probes: { running: true, closedPorts: [], sandbox: null, sessionTried: true },
    scrub: { pass: 2, shard: 128, lastPassFinished: '2026-05-10T00:00:00Z', daysSince: 36 },
    faults: [],
  },
  disk: { freeBytes: 1e9, usedBytes: 1e9, freeBlocks: 0.1, freeInodes: 0.1, minFree: 0.03 },
  forecast: { neededBytes: 1, roomBytes: 1, fits: true, fullOn: null },
};
const jim = { serial: SERIAL, nick: 'Jim' };
const laptop = (n: number, more: Pick<LaptopStanding, 'days' | 'standing' | 'registered'>) => {
  return { serial: serialOf(n), nick: `child ${n}`, states: [more.standing], ...more };
};
const old = '2026-01-01T00:00:00Z';
const ALONE: [Concern['type'], Partial<Status>, line: RegExp, advice: RegExp][] = [
  [
    'service-down',
    { probes: { ...WELL.probes, running: false } },
    /^ {2}The service is not running/,
    /systemctl restart xs-backup/,
  ],
  [
    'faults',
    { faults: [{ part: 'library', reason: 'EROFS: read-only file system' }] },
    /Part of this server does not work.*: library \(EROFS: read-only/,
    /xs-backup doctor/,
  ],
  [
    'port-closed',
    { probes: { ...WELL.probes, closedPorts: [{ port: 8080, purpose: 'register' }] } },
    /Nobody answers at port 8080: laptops cannot register/,
    /Another program may have the port/,
  ],
  [
    'sandbox',
    { probes: { ...WELL.probes, sandbox: 'bwrap: not found' } },
    /session does not start: bwrap: not found/,
    /xs-backup doctor/,
  ],
  ['arrivals', { arrivals: [jim] }, /1 child comes from another school: Jim/, /say yes.*arrivals/],
  ['offsite', { offsite: 'late' }, /elsewhere is not being made/, /offsite status/],
  ['unlinked', { unlinked: true }, /without their hard links/, /xs-backup relink/],
  [
    'disk-full',
    {
      disk: { ...WELL.disk, freeInodes: 0.02 },
      reliefs: [
        { type: 'others', bytes: 3e9, laptops: [] },
        { type: 'held', bytes: 1e9, laptops: [] },
      ],
    },
    /The disk is full: no backup can start: 10 % of the blocks and 2 % of the inodes/,
    /3 GB of other files.*; 1 GB of backups held aside.*; a larger disk See "xs-backup quota"/,
  ],
  ['waiting-keys', { waitingKeys: [{ ...jim, keys: 1 }] }, /1 laptop asks .*: Jim$/, /six digits/],
  ['damaged-laptops', { damagedLaptops: [{ ...jim, files: 3 }] }, /damaged backup: Jim/, /damage/],
  [
    'not-safe',
    { notSafe: [{ ...jim, count: 2, entries: [] }] },
    /things that are not safe: Jim 2 things$/,
    /Each laptop shows/,
  ],
  ['held', { held: [{ ...jim, snapshots: 1 }] }, /1 laptop lost much.*: Jim/, /"xs-backup held"/],
  ['no-teacher', { teachers: 0 }, /Nobody can sign in/, /xs-backup teacher add NAME/],
  [
    'clock',
    { clock: { trusted: false, reason: 'it jumped' } },
    /not trusted: nothing is removed, and the age of backups is unknown$/,
    /trust/,
  ],
  ['damage', { damaged: 2 }, /2 damaged files were found/, /"xs-backup damage"/],
  ['disk-too-small', { forecast: { ...WELL.forecast, fits: false } }, /too small/, /larger disk/],
  [
    'disk-nearly-full',
    { disk: { ...WELL.disk, freeInodes: 0.09 } },
    /nearly full: 10 % of the blocks and 9 % of the inodes/,
    /larger disk/,
  ],
  [
    'offers',
    { offers: [{ ...jim, count: 2 }] },
    /1 child offers something to the class: Jim 2 things$/,
    /say yes or no\. See "xs-backup class-page"/,
  ],
  [
    'proposals',
    { proposals: [jim] },
    /1 new laptop may belong to a child you know: Jim$/,
    /Ask the child.*"xs-backup proposals"/,
  ],
  ['twins', { twins: [jim] }, /Two laptops answer to 1 name: Jim/, /"?xs-backup twins/],
  ['disk-filling', { fullOn: '2026-07-20' }, /will be full about 2026-07-20/, /larger disk/],
  ['reserve-gone', { reserve: false }, /reserve for repairs is used up/, /Make room/],
  ['scrub-behind', { scrub: { ...WELL.scrub, daysSince: 37 } }, /for 37 days/, /scrub --all/],
  ['over-quota', { overQuota: [jim] }, /1 laptop needs more .*: Jim/, /"xs-backup quota"/],
  [
    'never-backed-up',
    {
      laptops: [
        laptop(1, { days: null, standing: 'never', registered: '2026-06-14T09:00:00Z' }),
        laptop(2, { days: null, standing: 'never', registered: '2026-06-14T11:00:00Z' }),
      ],
    },
    /1 laptop registered more than a day ago has never made a backup: child 1$/,
    /Use it at school/,
  ],
  [
    'refused-laptops',
    { strangers: [1, 2].map((n) => ({ serial: serialOf(n), nick: '', holdsData: n === 1 })) },
    /1 laptop of the old server is not registered here: TST00000001/,
    /"xs-backup help adopt"/,
  ],
  ['locked-out-laptops', { lockedOut: [jim] }, /1 laptop with the old .*: Jim/, /kind of key/],
  [
    'late-laptops',
    {
      laptops: [11, 40].map((days) => laptop(days, { days, standing: 'late', registered: old })),
    },
    /2 laptops have not been seen for a long time: child 40, child 11/,
    /Bring it to school/,
  ],
  ['unconfirmed', { unconfirmed: [jim] }, /compared the digits of 1 laptop: Jim/, /six digits/],
];

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
    { probes: { running: false, closedPorts: [], sandbox: null, sessionTried: false } },
  ]),
  [
    'a laptop can send and fetch',
    'open',
    /not tried: that needs/,
    { probes: { ...WELL.probes, sessionTried: false } },
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

test('two children with one name are told apart', () => {
  const status = { ...WELL, overQuota: [jim, { serial: serialOf(2), nick: 'Jim' }] };
  assert.match(formatStatus(status).join('\n'), `Jim (${SERIAL}), Jim (${serialOf(2)})`);
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
    const quiet = ['no-teacher', 'unconfirmed', 'offers', 'proposals'];
    assert.is(isAdvice, quiet.includes(type));
    assert.is(lines.includes('all is well'), isAdvice);
    const at = lines.indexOf(isAdvice ? 'worth doing:' : 'needs attention:');
    assert.is(at, lines.length - 3, lines.join('\n'));
    assert.match(lines[at + 1] ?? '', line);
    assert.match(lines[at + 2] ?? '', advice);
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
