/**
 * What people type for a laptop or a snapshot: a serial number in any case, a nick, or the beginning of
 * either, as long as it is the only one; `latest`, or the beginning of a snapshot's name or date. Whatever
 * is not clear is an error with exit code 2 that names what is meant.
 */
import { readFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import {
  parseSerial,
  parseSnapshotName,
  parseUid,
  type Serial,
  type SnapshotName,
  tryParse,
  type Uid,
} from '../../shared/ids.ts';
import { namesIn } from '../../shared/system/files.ts';
import { laptopsIn } from '../integrity/checker.ts';
import type { Library } from '../library.ts';
import { readReplaced } from '../registration/alias-files.ts';
import { successors } from '../registration/aliases.ts';
import { inLaptop, inLibrary, type Paths } from '../storage/paths.ts';
import { findSnapshot, listSnapshots, type Snapshot } from '../storage/snapshots.ts';
import { type CommandContext, usage } from './command.ts';

export interface KnownLaptop {
  serial: Serial;
  nick: string;
  /** Why it is used no more; absent for one that is. */
  gone?: 'replaced' | 'out of use' | undefined;
}

interface LaptopOptions {
  /** Of laptops with one nick take the one that is still used: for what only reads. */
  present?: boolean;
}

/** Names in a hint; more are counted. */
const NAMED = 5;

/** A laptop that is registered or has a folder in the library. Throws as `findLaptop` does. */
export function laptopArgument(
  { library, args, onlyReads }: Pick<CommandContext, 'library' | 'args' | 'onlyReads'>,
  index = 0,
): Serial {
  const { registrations, paths } = library;
  const newer = successors(registrations.bySerial());
  const registered = registrations.all().map(([serial, { nick, retired }]): KnownLaptop => {
    return { serial, nick, gone: newer.has(serial) ? 'replaced' : goneIf(retired) };
  });
  const others = laptopsIn(paths).filter((serial) => !registrations.get(serial));
  const known = [...registered, ...others.map((serial) => ({ serial, nick: '' }))];
  return findLaptop(args[index], known, { present: onlyReads });
}

function goneIf(retired: string | null | undefined): KnownLaptop['gone'] {
  return retired ? 'out of use' : undefined;
}

/** Also one that was forgotten, by its serial number. Throws as `findLaptop` does. */
export function trashedLaptop(context: CommandContext): Serial {
  const typed = tryParse(parseSerial, context.args[0]?.trim().toUpperCase());
  const { trashOf } = inLibrary(context.library.paths);
  return typed && namesIn(trashOf(typed)).length > 0 ? typed : laptopArgument(context);
}

/** For commands that read the library without its service. Throws as `findLaptop` does. */
export function localLaptop(paths: Paths, text: string | undefined): Serial {
  const records = laptopsIn(paths).map((serial) => ({ serial, ...recordOnDisk(paths, serial) }));
  const replaced = new Set(records.map(({ of }) => of));
  const known = records.map(({ serial, nick, retired }): KnownLaptop => {
    return { serial, nick, gone: replaced.has(serial) ? 'replaced' : goneIf(retired) };
  });
  return findLaptop(text, known, { present: true });
}

/** Empty for a record that this user may not read. */
export function nickOnDisk(paths: Paths, serial: Serial): string {
  return recordOnDisk(paths, serial).nick;
}

/** What this user may read of a registration: the nick, when it was retired, which laptop it replaces. */
function recordOnDisk(paths: Paths, serial: Serial) {
  const textOf = (value: unknown) => (typeof value === 'string' ? value : '');
  try {
    const found = JSON.parse(readFileSync(inLaptop(paths, serial).registration, 'utf8'));
    const { nick, retired, alias } = found;
    return { nick: textOf(nick), retired: textOf(retired), of: textOf(alias?.of) };
  } catch {
    return { nick: '', retired: '', of: '' };
  }
}

/** One of its ordinary snapshots. Throws as `findName` does. */
export function snapshotArgument(paths: Paths, serial: Serial, text: string | undefined): Snapshot {
  const names = listSnapshots(paths, serial).map(({ name }) => name);
  return findSnapshot(
    paths,
    serial,
    findName(serial, text, names, { older: olderDays(paths, serial) }),
  );
}

/** The nearest laptop with snapshots whose place this one takes. */
export function olderDays(paths: Paths, serial: Serial): Serial | undefined {
  return readReplaced(paths, serial).find((one) => listSnapshots(paths, one).length > 0);
}

/** Throws `usage` when several are meant, and `not-registered` for none. */
export function findLaptop(
  text: string | undefined,
  known: readonly KnownLaptop[],
  { present = false }: LaptopOptions = {},
): Serial {
  if (text === undefined || text.trim() === '') {
    throw usage('a laptop is needed: its serial number, its nick, or the beginning of one', LISTS);
  }
  const typed = folded(text);
  const serial = tryParse(parseSerial, text.trim().toUpperCase());
  // A serial number is never taken for a nick: whoever calls herself like another laptop gains nothing.
  if (serial) {
    if (known.some((one) => one.serial === serial)) return serial;
    throw unknownLaptop(serial, known);
  }
  const nicks = known.filter(({ nick }) => folded(nick) === typed);
  const begun = known.filter((one) => {
    return folded(one.serial).startsWith(typed) || folded(one.nick).startsWith(typed);
  });
  const meant = nicks.length > 0 ? nicks : begun;
  const used = meant.filter(({ gone }) => gone === undefined);
  const [only, ...more] = present && used.length === 1 ? used : meant;
  if (!only) throw unknownLaptop(text, known);
  if (more.length === 0) return only.serial;
  const named = meant.map(({ serial, nick, gone }) => {
    return `${serial} ${nick}`.trim() + (gone === undefined ? '' : ` (${gone})`);
  });
  throw usage(
    `${JSON.stringify(text)} may be any of ${meant.length} laptops`,
    `give the serial number: ${listed(named)}`,
  );
}

const LISTS = '"xs-backup laptops" lists them';

function unknownLaptop(text: string, known: readonly KnownLaptop[]): DsError {
  // Also for whoever types more than the nick: María de los Angeles.
  const longer = known.find(
    ({ nick }) => nick !== '' && folded(text).startsWith(`${folded(nick)} `),
  );
  const all = known.flatMap(({ serial, nick }) => [serial, nick]);
  const near = longer?.nick ?? nearest(text, all);
  const hint = near === undefined ? LISTS : `did you mean ${near}? ${LISTS}`;
  return new DsError('not-registered', `no laptop ${text} is registered here`, { hint });
}

interface NameOptions {
  what?: string;
  /** The command that lists them. */
  lists?: string;
  /** A laptop whose place this one takes, and which has what is not found here. */
  older?: Serial | undefined;
}

/**
 * `names` has the newest first. Throws `usage` when the text is no name or means several, and `not-found`
 * for none.
 */
export function findName(
  serial: Serial,
  text: string | undefined,
  names: readonly SnapshotName[],
  { what = 'snapshot', lists = 'snapshots', older }: NameOptions = {},
): SnapshotName {
  const hint =
    older === undefined
      ? `"xs-backup ${lists} ${serial}" lists them; "latest" is the newest`
      : `it takes the place of ${older}: "xs-backup ${lists} ${older}" lists what that left`;
  if (text === undefined || text === '') throw usage(`a ${what} is needed`, hint);
  const [newest] = names;
  if (text === 'latest' && newest) return newest;
  const exact = tryParse(parseSnapshotName, text);
  if (exact && names.includes(exact)) return exact;
  const begin = text.startsWith('datastore-') ? text : `datastore-${text}`;
  const meant = exact ? [] : names.filter((name) => name.startsWith(begin));
  const [only, ...more] = meant;
  if (only && more.length === 0) return only;
  if (only) {
    throw usage(
      `${JSON.stringify(text)} may be any of ${meant.length} snapshots`,
      `give more of the name: ${listed(meant)}`,
    );
  }
  const looksRight = exact || /^(datastore-)?\d{4}(-|$)/.test(text) || text === 'latest';
  if (!looksRight) throw usage(`${JSON.stringify(text)} is not the name of a snapshot`, hint);
  const message =
    text === 'latest' ? `${serial} has no ${what} yet` : `${serial} has no ${what} ${text}`;
  throw new DsError('not-found', message, { hint });
}

/** What a teacher calls it; empty where nobody knows. */
export function nickOf({ registrations }: Pick<Library, 'registrations'>, serial: string): string {
  return registrations.nickOf(serial);
}

/** `CSN74803BB1 (Jocinta)` */
export function named(library: Pick<Library, 'registrations'>, serial: Serial): string {
  const nick = nickOf(library, serial);
  return nick === '' ? serial : `${serial} (${nick})`;
}

/** Throws `usage`. */
export function uidArgument(text: string | undefined): Uid {
  const uid = tryParse(parseUid, text);
  if (uid) return uid;
  throw usage(
    `${JSON.stringify(text ?? '')} is not the uid of an entry`,
    'a uid is 36 letters, digits or hyphens; "ds-backup entries latest" on the laptop lists them',
  );
}

function listed(all: readonly string[]): string {
  const rest = all.length - NAMED;
  return `${all.slice(0, NAMED).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}

/** As two names are compared. */
function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').trim().toLowerCase();
}

/** The name that differs least, if it differs little. */
export function nearest(text: string, names: readonly string[]): string | undefined {
  const typed = folded(text);
  const limit = Math.max(1, Math.floor(typed.length / 3));
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    if (name === '' || Math.abs(name.length - typed.length) > limit) continue;
    const distance = editDistance(typed, folded(name));
    if (distance <= limit && distance < (best?.distance ?? Infinity)) best = { name, distance };
  }
  return best?.name;
}

/** Letters to add, remove or replace, and neighbours to swap. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n);
  let before: number[] = [];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? (before[j - 2] ?? 0) + 1 : Infinity;
      next.push(Math.min(replaced, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
