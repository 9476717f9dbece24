import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CONCERN_TYPES, type Concern, concerns } from '../../../xs/admin/concerns.ts';
import { formatMetrics } from '../../../xs/admin/metrics.ts';
import {
  type LaptopStanding,
  readStatus,
  type Status,
  standing,
} from '../../../xs/admin/status.ts';
import { formatStatus } from '../../../xs/commands/status.ts';
import { daysSince, type Stamp } from '../../../xs/storage/moment.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
import { momentAfter } from '../retention/aged.ts';
import { DAY_MS, dsaKey, openWhole, serialOf } from '../whole.ts';

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
      days: [null, 165, 0][n % 3] ?? null,
      standing: standing([null, 165, 0][n % 3] ?? null),
    })),
    held: Array.from({ length: laptops }, (_, n) => ({
      serial: serialOf(n),
      nick: '',
      snapshots: 2,
    })),
    damagedLaptops: [{ serial: SERIAL, nick: 'Jim', files: 3 }],
    twins: [{ serial: SERIAL, nick: 'Jim' }],
    notSafe: [{ serial: SERIAL, nick: 'Jim', count: 2, entries: [] }],
    waitingKeys: [{ serial: SERIAL, nick: 'Jim', keys: 1 }],
    overQuota: [{ serial: SERIAL, nick: 'Jim' }],
    leftovers: [{ serial: SERIAL, nick: 'Jim', bytes: 5e6 }],
    disk: { freeBytes: 1e9, usedBytes: 99e9, freeBlocks: 0.01, freeInodes: 0.5 },
    forecast: { neededBytes: 2e12, roomBytes: 1e12, fits: false, fullOn: null },
    unregistered: Array.from({ length: laptops }, (_, n) => serialOf(n)),
    strangers: Array.from({ length: laptops }, (_, n) => {
      return { serial: serialOf(n), nick: '', holdsData: true };
    }),
    lockedOut: [{ serial: SERIAL, nick: 'Jim' }],
    trash: 12,
    damaged: 3,
    scrub: { pass: 2, shard: 128, lastPassFinished: '2026-05-30T00:00:00Z' },
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
    CONCERN_TYPES,
  );
});

const WELL: Status = {
  ...statusOf(0),
  ...{
    waitingKeys: [],
    twins: [],
    overQuota: [],
    leftovers: [],
    damaged: 0,
    damagedLaptops: [],
    lockedOut: [],
    notSafe: [],
    clock: { trusted: true, reason: '' },
    faults: [],
  },
  disk: { freeBytes: 1e9, usedBytes: 1e9, freeBlocks: 0.1, freeInodes: 0.1 },
  forecast: { neededBytes: 1, roomBytes: 1, fits: true, fullOn: null },
};
const jim = { serial: SERIAL, nick: 'Jim' };
const ALONE: [Concern['type'], Partial<Status>, line: RegExp][] = [
  [
    'faults',
    { faults: [{ part: 'library', reason: 'EROFS: read-only file system' }] },
    /does not work +library \(EROFS: read-only/,
  ],
  ['waiting-keys', { waitingKeys: [{ ...jim, keys: 1 }] }, /pending keys +Jim: see/],
  ['damaged-laptops', { damagedLaptops: [{ ...jim, files: 3 }] }, /damaged laptops +Jim: see/],
  ['not-safe', { notSafe: [{ ...jim, count: 2, entries: [] }] }, /not safe +Jim 2 things: see/],
  ['held', { held: [{ ...jim, snapshots: 1 }] }, /held backups +Jim: see "xs-backup held"/],
  ['clock', { clock: { trusted: false, reason: 'it jumped' } }, /clock +nothing .*: it jumped/],
  ['damage', { damaged: 2 }, /damage +2 damaged files/],
  ['disk-too-small', { forecast: { ...WELL.forecast, fits: false } }, /a larger disk is needed/],
  [
    'disk-nearly-full',
    { disk: { ...WELL.disk, freeInodes: 0.09 } },
    /10 % of the blocks and 9 % of the inodes/,
  ],
  ['twins', { twins: [jim] }, /two of one name +Jim: see "xs-backup twins"/],
  [
    'disk-nearly-full',
    { disks: [{ name: 'state', freeBlocks: 0.02, freeInodes: 0.5 }] },
    /2 % of the blocks/,
  ],
  ['over-quota', { overQuota: [jim] }, /over quota +Jim/],
  [
    'refused-laptops',
    { strangers: [1, 2].map((n) => ({ serial: serialOf(n), nick: '', holdsData: n === 1 })) },
    /refused laptops +TST00000001: "xs-backup help adopt"/,
  ],
  ['locked-out-laptops', { lockedOut: [jim] }, /1 laptops have only DSA keys, .*README/],
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

test('unknown laptops: who asks, and whose backups are here, until they are taken over', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  const { strangers } = library;
  const [old, fake] = [serialOf(1), serialOf(2)];
  mkdirSync(join(inLaptop(library.paths, old).home, 'datastore-2010-03-05_08:15'), {
    recursive: true,
  });
  const read = async () => JSON.parse(await whole.command('status', [], { json: true }));
  assert.equal((await read()).unregistered, [old]);
  for (const serial of [old, fake, fake]) strangers.note(serial);
  const { unregistered, strangers: refused, concerns: open } = await read();
  assert.equal(unregistered, [old]);
  assert.equal(refused, [
    { serial: fake, nick: '', holdsData: false },
    { serial: old, nick: '', holdsData: true },
  ]);
  assert.equal(open.filter((type: string) => type === 'refused-laptops').length, 1);
  assert.match(await whole.command('status'), /^refused {3}TST00000002, TST00000001: unreg/m);
  clock.pass(61_000);
  strangers.note(old);
  const told = whole.events.filter(({ event }) => event === 'unknown-laptops-refused');
  assert.equal(
    told.map(({ fields }) => fields.count),
    [1, 3],
  );
  for (let n = 10; n < 1500; n += 1) strangers.note(serialOf(n));
  assert.is((await read()).strangers.length, 1000);
  library.registrations.register(serialOf(1400), 'x', 'u', dsaKey(2));
  assert.is((await read()).strangers.length, 999);
  clock.pass(DAY_MS);
  assert.equal((await read()).strangers, []);
});

test('an OpenSSH without DSA: who has no other key is counted, and nobody is where it has it', async () => {
  await using whole = await openWhole('');
  const { library } = whole;
  library.registrations.register(serialOf(1), 'Ana', 'u', dsaKey(2));
  library.registrations.register(serialOf(2), 'Jim', 'u', dsaKey(3));
  library.registrations.retire(serialOf(2));
  const bin = join(library.paths.state, 'bin');
  mkdirSync(bin);
  for (const [command, expected] of [
    ["printf 'ssh-ed25519\nrsa-sha2-256'", [SERIAL, serialOf(1)]],
    ["printf 'ssh-ed25519\nssh-dss\n'", []],
    ['exit 255', []], // for a user without an account
  ] as const) {
    writeFileSync(join(bin, 'ssh'), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
    const env = { ...library.env, PATH: `${bin}:${library.env.PATH}` };
    const { lockedOut } = await readStatus({ ...library, env });
    assert.equal(
      lockedOut.map(({ serial }) => serial),
      expected,
    );
  }
});

test('the command prints it, and its exit code says whether to look', async () => {
  await using whole = await openWhole('');
  const { library, clock } = whole;
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
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
