/**
 * Takes laptops over from the old server: the database of its identity manager, `identity.db`, has a row
 * for each, with the key that it logs in with. Such a key lets the original client go on backing up; it
 * does not let anybody read what is stored, for which a teacher approves a key as always.
 */
import { asDsError, DsError } from '../../shared/errors.ts';
import { parseSerial, type Serial } from '../../shared/ids.ts';
import { parsePublicKey } from '../../shared/ssh/ssh-key.ts';
import { openForReading } from '../../shared/system/db.ts';
import { pacemaker, SLICE_MS } from '../../shared/system/pacemaker.ts';
import { type Laptop, newRecord } from './laptop-record.ts';

export interface OldLaptop {
  serial: Serial;
  nick: string;
  uuid: string;
  /** As it is stored: type and base64. */
  key: string;
  fingerprint: string;
}

/** `known`: nothing had to be done. The others say why the key was not taken. */
export type ImportResult =
  | 'imported'
  | 'known'
  | 'other-key' // it has registered here with another one
  | 'own-key' // it has our agent, and no need of Sugar's
  | 'rejected' // a teacher has rejected this key
  | 'retired';

export interface ImportReport {
  /** In the order of the database. */
  laptops: { serial: Serial; nick: string; result: ImportResult }[];
  /** Rows that cannot be used: the serial as it is there, and why. */
  refused: { what: string; reason: string }[];
}

interface Row {
  serial: unknown;
  nickname: unknown;
  uuid: unknown;
  pubkey: unknown;
}

/** What to do with the key of a laptop that is registered here already. Pure. */
export function judgeOldKey(
  laptop: Pick<Laptop, 'keys' | 'retired' | 'rejected'>,
  { key, fingerprint }: Pick<OldLaptop, 'key' | 'fingerprint'>,
): Exclude<ImportResult, 'imported'> | 'accept' {
  if (laptop.keys.sugar === key) return 'known';
  if (laptop.retired !== null) return 'retired';
  if (laptop.rejected.includes(fingerprint)) return 'rejected';
  if (laptop.keys.own !== null) return 'own-key';
  return laptop.keys.sugar === null ? 'accept' : 'other-key';
}

/** The record with the key of the old server, which may back up and not read. Pure. */
export function withOldKey(known: Laptop | undefined, old: OldLaptop, now: Date): Laptop {
  const laptop = known ?? newRecord(old.serial, old.nick, old.uuid, now);
  return {
    ...laptop,
    keys: { ...laptop.keys, sugar: old.key },
    pending: laptop.pending.filter(({ kind, key }) => kind !== 'sugar' || key !== old.key),
    imported: now.toISOString(),
  };
}

/**
 * Imports every row of the database at `path` by `take`. One that cannot be used stops no other. Throws
 * `unreadable` for a file that is not such a database.
 */
export async function importIdmgr(
  path: string,
  take: (laptop: OldLaptop) => ImportResult,
  signal: AbortSignal,
): Promise<ImportReport> {
  const report: ImportReport = { laptops: [], refused: [] };
  const pause = pacemaker(SLICE_MS);
  for (const row of await readRows(path)) {
    signal.throwIfAborted();
    try {
      const laptop = parseRow(row);
      const { serial, nick } = laptop;
      report.laptops.push({ serial, nick, result: take(laptop) });
    } catch (error) {
      report.refused.push({
        what: textOf(row.serial).slice(0, 40),
        reason: asDsError(error).message,
      });
    }
    await pause();
  }
  return report;
}

async function readRows(path: string): Promise<Row[]> {
  await using db = await openForReading(path);
  try {
    // Older versions of the manager lack some of the other columns.
    return await db.all<Row>('SELECT serial, nickname, uuid, pubkey FROM laptops');
  } catch (cause) {
    throw new DsError('unreadable', `${path} is not the database of an identity manager`, {
      hint: 'on the old server it is /home/idmgr/identity.db; copy that file, and name the copy',
      cause,
    });
  }
}

/** Throws `bad-id` or `bad-input`. */
function parseRow({ serial, nickname, uuid, pubkey }: Row): OldLaptop {
  const { line: key, fingerprint } = parsePublicKey(textOf(pubkey));
  const [nick, plain] = [textOf(nickname), textOf(uuid)];
  return { serial: parseSerial(textOf(serial)), nick, uuid: plain, key, fingerprint };
}

/** SQLite keeps any type in any column. */
function textOf(value: unknown): string {
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
