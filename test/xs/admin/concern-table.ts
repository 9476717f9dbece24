/** A school in which all is well, one with every trouble, and each kind of concern alone with its words. */
import type { Concern } from '../../../xs/admin/concerns.ts';
import { standing } from '../../../xs/admin/laptop-states.ts';
import type { LaptopStanding, Status } from '../../../xs/admin/status.ts';
import { SERIAL } from '../library.ts';
import { serialOf } from '../whole.ts';

const NOW = new Date('2026-06-15T10:00:00Z');

/** So many laptops, with every trouble that there is. */
// long: a table of facts
export function statusOf(laptops: number): Status {
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
    ...{
      unconfirmed: [{ serial: SERIAL, nick: 'Jim' }],
      teachers: 0,
      teachersOfCopy: ['Rosa'],
      fullOn: '2026-07-01',
    },
    https: { address: '', port: 65_000, fingerprint: Array(32).fill('AB').join(':') },
    reliefs: [
      { type: 'others', bytes: 3e9, laptops: [] },
      { type: 'pins', bytes: 2e9, laptops: [] },
      { type: 'held', bytes: 1e9, laptops: [] },
    ],
    reserve: false,
    cleanedUp: true,
    probes: {
      ...{ running: false, sandbox: 'bwrap: not found', sessionTried: 'whole' },
      closedPorts: [{ port: 80, purpose: 'ask' }],
    },
    clock: { trusted: false, reason: 'the clock jumped' },
    faults: [{ part: 'library', reason: `EROFS: ${'/a-long-path'.repeat(20)}` }],
    disks: [{ name: 'state', freeBlocks: 0.5, freeInodes: 0.5 }],
  };
}

export const WELL: Status = {
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
    ...{
      unconfirmed: [],
      teachers: 1,
      teachersOfCopy: [],
      fullOn: null,
      reliefs: [],
      reserve: true,
    },
    probes: { running: true, closedPorts: [], sandbox: null, sessionTried: 'whole' },
    scrub: { pass: 2, shard: 128, lastPassFinished: '2026-05-10T00:00:00Z', daysSince: 36 },
    faults: [],
  },
  disk: { freeBytes: 1e9, usedBytes: 1e9, freeBlocks: 0.1, freeInodes: 0.1, minFree: 0.03 },
  forecast: { neededBytes: 1, roomBytes: 1, fits: true, fullOn: null },
};
export const jim = { serial: SERIAL, nick: 'Jim' };
export const laptop = (
  n: number,
  more: Pick<LaptopStanding, 'days' | 'standing' | 'registered'>,
) => {
  return { serial: serialOf(n), nick: `child ${n}`, states: [more.standing], ...more };
};
export const old = '2026-01-01T00:00:00Z';
/** Each kind of concern alone: what is so, the line that tells it, and what to do. */
export const ALONE: [Concern['type'], Partial<Status>, line: RegExp, advice: RegExp][] = [
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
    /3 GB of other files.*; 1 GB of backups held aside.*; a larger disk\. See "xs-backup quota"/,
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
    'teachers-of-copy',
    { teachersOfCopy: ['Juan', 'Rosa'] },
    /2 teachers of the copy elsewhere wait to be confirmed: Juan, Rosa$/,
    /teacher confirm NAME.*teacher remove NAME/,
  ],
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
