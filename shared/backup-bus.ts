/**
 * The D-Bus interface of the backup agent, `org.sugarlabs.Backup1`, as the table of PROTOCOL.md has it
 * ("On the laptop's bus"): names, signatures, row types, states, reasons, errors, and how values are
 * unwrapped. The agent, its clients and the scripted agent of the tests all take them from here.
 */
import dbus from 'dbus-next';
import { asDsError, DsError, type ErrorCode } from './errors.ts';

/** Both the name on the bus and the interface of the agent's object. */
export const BACKUP_NAME = 'org.sugarlabs.Backup1';
export const BACKUP_PATH = '/org/sugarlabs/Backup1';
export const JOB_INTERFACE = `${BACKUP_NAME}.Job`;
export const INTERFACE_VERSION = 1;

/** The path of a job's object. */
export const jobPath = (id: number): string => `${BACKUP_PATH}/job/${id}`;

/** Method of the agent → the signatures of what it takes and returns. */
export const METHODS = {
  BackUpNow: ['', 'o'],
  Pause: ['', ''],
  Resume: ['', ''],
  Cancel: ['', ''],
  Refresh: ['', ''],
  Retry: ['', 'o'],
  ListLaptops: ['', 'aa{sv}'],
  ListDays: ['s', 'aa{sv}'],
  ListEntries: ['sssuu', 'uaa{sv}'],
  GetPreview: ['sss', 'ay'],
  GetDetails: ['sss', 'a{sv}'],
  PlanRestore: ['ss', 'a{sv}'],
  RestoreAll: ['ss', 'o'],
  RestoreEntry: ['sss', 'o'],
  ForgetRestore: ['ss', ''],
  ListPins: ['', 'aa{sv}tt'],
  Pin: ['ss', 's'],
  Unpin: ['s', 's'],
  OfferToClass: ['ss', 's'],
  ForMyClass: ['sb', 'sss'],
  ListClassOffers: ['', 'aa{sv}'],
  TakeBackFromClass: ['ss', ''],
  KeepAtSchool: ['s', 'o'],
  FetchBack: ['s', 'o'],
  ListAtSchool: ['', 'aa{sv}'],
  ListStandings: ['', 'aa{sv}'],
  WebLink: ['', 's'],
  OpenInJournal: ['ss', 's'],
  CloseInJournal: ['', ''],
} as const satisfies Record<string, readonly [takes: string, returns: string]>;
export type MethodName = keyof typeof METHODS;

/** Property of a job at work, also shown by the agent for the one at work → its D-Bus type. */
const PROGRESS = {
  State: 's',
  Reasons: 'as',
  Phase: 's',
  EntriesDone: 'u',
  EntriesTotal: 'u',
  BytesDone: 't',
  BytesTotal: 't',
  CurrentEntry: 's',
  CurrentTitle: 's',
  TimeLeft: '(uu)',
  Problem: '(sss)',
} as const;

/** Property of the agent → its D-Bus type. */
export const AGENT_PROPERTIES = {
  ...PROGRESS,
  Version: 'u',
  LastBackup: 'x',
  NextBackup: 'x',
  LastSnapshot: 's',
  QueuePlace: 'u',
  QueuedUntil: 'x',
  Registration: 's',
  PairingCode: 's',
  ServerTrust: 's',
  Serial: 's',
  Server: 's',
  SafeEntries: 'u',
  TotalEntries: 'u',
  WaitingEntries: 'u',
  ProblemEntries: 'u',
  PinnedBytes: 't',
  PinLimit: 't',
  Held: 's',
  Unfinished: 'a(ssuu)',
  InJournal: '(sss)',
  LeftOut: '(uuuu)',
  Jobs: 'ao',
} as const;

/** Property of a job → its D-Bus type. Its one method is `Cancel()`, its one signal `Finished(s)`. */
export const JOB_PROPERTIES = {
  ...PROGRESS,
  Kind: 's',
  Of: 's',
  Snapshot: 's',
  Entry: 's',
  Summary: 'a{sv}',
} as const;

type RowTypes = Readonly<Record<string, string>>;

const ENTRY = {
  ...{ uid: 's', digest: 's', title: 's', 'mime-type': 's', activity: 's', color: 's' },
  ...{ timestamp: 'x', bytes: 't', pinned: 'b', here: 's' },
} as const;

/** What the `a{sv}` of answers have: name → D-Bus type. What is absent is left out. */
export const ROWS = {
  laptop: { serial: 's', nick: 's', color: 's', replaced: 'b' },
  day: { snapshot: 's', created: 'x', entries: 'u', bytes: 't' },
  entry: ENTRY,
  details: {
    ...ENTRY,
    ...{ description: 's', tags: 's', created: 'x', versions: 'a(sxs)', 'class-page': 's' },
  },
  plan: {
    ...{ snapshot: 's', entries: 'u', bytes: 't', here: 'u', beside: 'u', free: 't' },
    samples: 'as',
  },
  pin: { uid: 's', snapshot: 's', title: 's', bytes: 't', pinned: 'x', later: 'b' },
  offer: { uid: 's', digest: 's', snapshot: 's', title: 's', state: 's' },
  kept: { uid: 's', title: 's', bytes: 't' },
  standing: {
    ...{ uid: 's', state: 's', digest: 's', snapshot: 's', problem: 's', advice: 's' },
  },
} as const satisfies Record<string, RowTypes>;
export type RowKind = keyof typeof ROWS;

/** One row of plain data, with the fields of its kind and no others. */
export function pickRow(kind: RowKind, data: object): Record<string, unknown> {
  const values = data as Record<string, unknown>;
  const names = Object.keys(ROWS[kind]).filter((name) => (values[name] ?? null) !== null);
  return Object.fromEntries(names.map((name) => [name, values[name]]));
}

/** Plain data as the `a{sv}` of its kind. */
export function packRow(kind: RowKind, data: object): Record<string, dbus.Variant> {
  const types: RowTypes = ROWS[kind];
  const fields = Object.entries(pickRow(kind, data)).map(([name, value]) => {
    const type = types[name] ?? 's';
    return [name, new dbus.Variant(type, fit(type, value))] as const;
  });
  return Object.fromEntries(fields);
}

const RANGES: Readonly<Record<string, readonly [least: bigint, most: bigint]>> = {
  x: [-(2n ** 63n), 2n ** 63n - 1n],
  t: [0n, 2n ** 64n - 1n],
  u: [0n, 2n ** 32n - 1n],
};

/**
 * A value in the form that the bus can carry: whole numbers within the range of their type, and text
 * without zero bytes and halves of characters. Entries have dates and titles that nobody foresaw, and one of
 * them must not make a whole list fail.
 */
function fit(type: string, value: unknown): unknown {
  const range = RANGES[type];
  if (range) {
    const whole = clamp(Number(value), range);
    return type === 'u' ? Number(whole) : whole;
  }
  if (type === 's') return cleanText(String(value));
  if (!Array.isArray(value)) return value;
  if (type.startsWith('a(')) {
    const types = type.slice(2, -1);
    return value.map((row: unknown[]) => row.map((one, n) => fit(types[n] ?? 's', one)));
  }
  return type.startsWith('a') ? value.map((one) => fit(type.slice(1), one)) : value;
}

function clamp(value: number, [least, most]: readonly [bigint, bigint]): bigint {
  if (Number.isNaN(value)) return 0n;
  if (!Number.isFinite(value)) return value > 0 ? most : least;
  const whole = BigInt(Math.floor(value));
  return whole < least ? least : whole > most ? most : whole;
}

/** Text that the bus can carry. */
export function cleanText(text: string): string {
  return text.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\ufffd');
}

/** A number for D-Bus's 64-bit types: whole, and 0 instead of a negative one. */
export function toLong(value: number): bigint {
  return clamp(value, [0n, 2n ** 63n - 1n]);
}

/**
 * A value from the bus as a plain one: variants unwrapped, 64-bit numbers as numbers (no size or time
 * here exceeds 2^53), byte arrays as buffers.
 */
export function unwrap(value: unknown): unknown {
  if (value instanceof dbus.Variant) return unwrap(value.value);
  if (typeof value === 'bigint') return Number(value);
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(unwrap);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, unwrap(inner)]));
}

const ERROR_PREFIX = `${BACKUP_NAME}.Error.`;

/** `server-unreachable` → `org.sugarlabs.Backup1.Error.ServerUnreachable`. */
export function errorName(code: ErrorCode): string {
  const words = code.split('-').map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return `${ERROR_PREFIX}${words.join('')}`;
}

/** An error for the bus: the code in its name, the hint after a line feed. */
export function toBusError(cause: unknown): Error {
  const { code, message, hint } = asDsError(cause);
  return new dbus.DBusError(errorName(code), cleanText(hint ? `${message}\n${hint}` : message));
}

/** The agent's own error in what a call threw; undefined when it is somebody else's. */
export function readBusError(error: unknown): DsError | undefined {
  const { type, text } = (error ?? {}) as { type?: unknown; text?: unknown };
  if (typeof type !== 'string' || !type.startsWith(ERROR_PREFIX)) return undefined;
  const code = type
    .slice(ERROR_PREFIX.length)
    .replace(/[A-Z]/g, (letter, at) => `${at > 0 ? '-' : ''}${letter.toLowerCase()}`);
  const [message = '', ...lines] = String(text ?? '').split('\n');
  const hint = lines.join('\n');
  return new DsError(code as ErrorCode, message, hint ? { hint } : {});
}

/** A row of `ListPins`. */
export interface PinRow {
  uid: string;
  /** Empty for the newest. */
  snapshot: string;
  title: string;
  bytes: number;
  /** In seconds since 1970; 0 for one that the school does not know yet. */
  pinned: number;
  /** Noted, and not sent yet. */
  later: boolean;
}
