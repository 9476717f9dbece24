import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CONCERN_TYPES, type Concern, concerns } from '../../../xs/admin/concerns.ts';
import { formatMetrics } from '../../../xs/admin/metrics.ts';
import { type LaptopStanding, type Status, standing } from '../../../xs/admin/status.ts';
import { formatStatus } from '../../../xs/commands/status.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { DAY_MS, dsaKey, openWhole, serialOf } from '../whole.ts';

const test = suite('the school on one screen');

const NOW = new Date('2026-06-15T10:00:00Z');

test('safe, late, never', () => {
  const rows: [string | null, LaptopStanding['standing'], number | null][] = [
    [null, 'never', null],
    ['2026-06-15T09:00:00Z', 'safe', 0],
    ['2026-06-05T10:00:00Z', 'safe', 10],
    ['2026-06-04T09:00:00Z', 'late', 11],
    ['2030-01-01T00:00:00Z', 'safe', 0],
  ];
  for (const [last, expected, days] of rows) {
    assert.equal(standing(last, NOW), { standing: expected, days }, String(last));
  }
});

function statusOf(laptops: number): Status {
  return {
    time: NOW.toISOString(),
    laptops: Array.from({ length: laptops }, (_, n) => ({
      serial: serialOf(n),
      nick: `child ${n}`,
      ...standing(
        n % 3 === 0 ? null : n % 3 === 1 ? '2026-01-01T00:00:00Z' : '2026-06-15T00:00:00Z',
        NOW,
      ),
    })),
    held: Array.from({ length: laptops }, (_, n) => ({
      serial: serialOf(n),
      nick: '',
      snapshots: 2,
    })),
    damagedLaptops: [{ serial: SERIAL, nick: 'Jim', files: 3 }],
    waitingKeys: [{ serial: SERIAL, nick: 'Jim', keys: 1 }],
    overQuota: [{ serial: SERIAL, nick: 'Jim' }],
    leftovers: [{ serial: SERIAL, nick: 'Jim', bytes: 5e6 }],
    disk: { freeBytes: 1e9, usedBytes: 99e9, freeBlocks: 0.01, freeInodes: 0.5 },
    forecast: { neededBytes: 2e12, roomBytes: 1e12, fits: false, fullOn: null },
    trash: 12,
    damaged: 3,
    scrub: { pass: 2, shard: 128, lastPassFinished: '2026-05-30T00:00:00Z' },
    clock: { trusted: false, reason: 'the clock jumped' },
  };
}

test('at most 25 lines of 120 letters, also for a thousand laptops with every trouble', () => {
  const lines = formatStatus(statusOf(1000));
  assert.ok(lines.length <= 25, `${lines.length} lines`);
  for (const line of lines) assert.ok(line.length <= 120, line);
  assert.equal(
    concerns(statusOf(1000)).map(({ type }) => type),
    CONCERN_TYPES,
  );
});

const WELL: Status = {
  ...statusOf(0),
  ...{
    waitingKeys: [],
    overQuota: [],
    leftovers: [],
    damaged: 0,
    damagedLaptops: [],
    clock: { trusted: true, reason: '' },
  },
  disk: { freeBytes: 1e9, usedBytes: 1e9, freeBlocks: 0.1, freeInodes: 0.1 },
  forecast: { neededBytes: 1, roomBytes: 1, fits: true, fullOn: null },
};
const jim = { serial: SERIAL, nick: 'Jim' };
const ALONE: [Concern['type'], Partial<Status>, line: RegExp][] = [
  ['waiting-keys', { waitingKeys: [{ ...jim, keys: 1 }] }, /pending keys +Jim: see/],
  ['damaged-laptops', { damagedLaptops: [{ ...jim, files: 3 }] }, /damaged laptops +Jim: see/],
  ['held', { held: [{ ...jim, snapshots: 1 }] }, /held backups +Jim: see "xs-backup held"/],
  ['clock', { clock: { trusted: false, reason: 'it jumped' } }, /clock +nothing .*: it jumped/],
  ['damage', { damaged: 2 }, /damage +2 damaged files/],
  ['disk-too-small', { forecast: { ...WELL.forecast, fits: false } }, /a larger disk is needed/],
  [
    'disk-nearly-full',
    { disk: { ...WELL.disk, freeInodes: 0.09 } },
    /10 % of the blocks and 9 % of the inodes/,
  ],
  ['over-quota', { overQuota: [jim] }, /over quota +Jim/],
  [
    'late-laptops',
    {
      laptops: [11, 40].map((days) => {
        return { serial: serialOf(days), nick: `child ${days}`, days, standing: 'late' };
      }),
    },
    /not seen +child 40, child 11/,
  ],
];

test('all is well: no concern, and a line that says so', () => {
  assert.equal(concerns(WELL), []);
  assert.is(formatStatus(WELL).at(-1), 'all is well');
});

for (const [type, facts, line] of ALONE) {
  test(`${type} alone is one concern, one line of status and one metric`, () => {
    const status = { ...WELL, ...facts };
    assert.equal(
      concerns(status).map((one) => one.type),
      [type],
    );
    const lines = formatStatus(status);
    const at = lines.indexOf('needs attention:');
    assert.is(at, lines.length - 2, lines.join('\n'));
    assert.match(lines[at + 1] ?? '', line);
    const open = [...formatMetrics(status, 0).matchAll(/^xs_backup_concern\{type="(.+)"\} 1$/gm)];
    assert.equal(
      open.map((match) => match[1]),
      [type],
    );
  });
}

test('the command prints it, and its exit code says whether to look', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
  await library.index.recordSuccess(SERIAL, clock.now());
  await whole.command('cleanup');
  const told = await whole.command('status');
  assert.match(told, /^laptops {3}1: 1 safe, 0 not seen for 10 days, 0 never backed up$/m);
  assert.match(told, /one full copy of every laptop fits/);
  clock.pass(20 * DAY_MS);
  const later = JSON.parse(await whole.command('status', [], { json: true }));
  assert.equal(later.concerns, ['late-laptops']);
  assert.is((await library.index.days()).length, 1);
});

test('metrics and diag name nobody', async () => {
  await using whole = await openWhole('');
  whole.library.registrations.register(serialOf(7), 'Jocinta Ñusta', 'a-secret-uuid', dsaKey(7));
  const metrics = formatMetrics(statusOf(30), 4);
  assert.match(metrics, /^xs_backup_laptops\{standing="late"\} 10$/m);
  assert.match(metrics, /^xs_backup_leases 4$/m);
  for (const line of metrics.trim().split('\n')) {
    assert.match(
      line,
      /^(# (HELP|TYPE) xs_backup_\w+ .+|xs_backup_\w+(\{(standing|type)="[\w-]+"\})? [\d.]+)$/,
    );
  }
  const diag = await whole.command('diag');
  assert.match(diag, /rsync/);
  for (const secret of ['Jocinta', serialOf(7), SERIAL, 'a-secret-uuid', dsaKey(7).slice(0, 40)]) {
    assert.not.ok(diag.includes(secret), secret);
    assert.not.ok(metrics.includes(secret), secret);
  }
});

test.run();
