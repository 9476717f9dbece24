import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DAY_MS } from '../../../shared/clock.ts';
import { CONCERN_TYPES, type Concern, concerns, weighed } from '../../../xs/admin/concerns.ts';
import { formatMetrics } from '../../../xs/admin/metrics.ts';
import {
  type LaptopStanding,
  readStatus,
  type Status,
  standing,
} from '../../../xs/admin/status.ts';
import { runCommand } from '../../../xs/commands/service-socket.ts';
import { CHECKED_TYPES, formatStatus } from '../../../xs/commands/status.ts';
import { daysSince, type Stamp } from '../../../xs/storage/moment.ts';
import { inLaptop } from '../../../xs/storage/paths.ts';
import { backUp, SERIAL, uidOf } from '../library.ts';
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
    })),
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
    overQuota: [{ serial: SERIAL, nick: 'Jim' }],
    leftovers: [{ serial: SERIAL, nick: 'Jim', bytes: 5e6 }],
    disk: { freeBytes: 1e9, usedBytes: 99e9, freeBlocks: 0.01, freeInodes: 0.5, minFree: 0.03 },
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
      { type: 'others', bytes: 3e9 },
      { type: 'pins', bytes: 2e9 },
      { type: 'held', bytes: 1e9 },
    ],
    reserve: false,
    probes: {
      ...{ running: false, sandbox: 'bwrap: not found' },
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
    probes: { running: true, closedPorts: [], sandbox: null },
    scrub: { pass: 2, shard: 128, lastPassFinished: null, daysSince: 36 },
    faults: [],
  },
  disk: { freeBytes: 1e9, usedBytes: 1e9, freeBlocks: 0.1, freeInodes: 0.1, minFree: 0.03 },
  forecast: { neededBytes: 1, roomBytes: 1, fits: true, fullOn: null },
};
const jim = { serial: SERIAL, nick: 'Jim' };
const laptop = (n: number, more: Pick<LaptopStanding, 'days' | 'standing' | 'registered'>) => {
  return { serial: serialOf(n), nick: `child ${n}`, ...more };
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
        { type: 'others', bytes: 3e9 },
        { type: 'held', bytes: 1e9 },
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
    /not trusted.*: it jumped/,
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
    /1 laptop has never made a backup: child 1$/,
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
    assert.is(isAdvice, type === 'no-teacher' || type === 'unconfirmed');
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
  assert.equal([later.concerns, later.advice], [['late-laptops'], ['no-teacher']]);
  assert.is((await library.index.days()).length, 1);
});

test('what is only worth doing is said and changes no exit code', async () => {
  await using whole = await openWhole('');
  await backUp(whole, new Map([[uidOf(1), { title: 'a', content: 'b' }]]));
  await whole.command('cleanup');
  const exit = async (command: string) => {
    let told = '';
    const print = (text: string) => {
      told += text;
    };
    const request = { command, args: [], flags: {} };
    const code = await runCommand(whole.library, request, print, new AbortController().signal);
    return [code, told] as const;
  };
  const [code, told] = await exit('status');
  assert.match(told, /^all is well\nworth doing:\n {2}Nobody can sign in/m);
  assert.is(code, 0);
  const [doctor, checks] = await exit('doctor');
  assert.match(checks, /^todo {2}a teacher can sign in$/m);
  assert.is(doctor, 0);
  whole.clock.pass(20 * DAY_MS);
  assert.is((await exit('status'))[0], 3);
});

test('metrics and diag name nobody', async () => {
  const away = 'rest:https://jo:a-password@away.example/school';
  await using whole = await openWhole(`[offsite]\nrepository = "${away}"\n`);
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
  const places = ['a-password', 'away.example'];
  const names = ['Jocinta', serialOf(7), SERIAL, 'a-secret-uuid', dsaKey(7).slice(0, 40)];
  for (const secret of [...names, ...places]) {
    assert.not.ok(diag.includes(secret), secret);
    assert.not.ok(metrics.includes(secret), secret);
  }
});

test.run();
