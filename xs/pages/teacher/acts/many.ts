/**
 * Acts about many laptops at once. A browser sends which kind it means and a digest of what was shown, not a
 * list: what has come since is not decided with it, and a school of any size is one short address.
 */
import { createHash } from 'node:crypto';
import { DsError } from '../../../../shared/errors.ts';
import { parseSerial, type Serial, tryParse } from '../../../../shared/ids.ts';
import { readHeldNote } from '../../../ingest/shrink-guard.ts';
import type { Library } from '../../../library.ts';
import { readAudit } from '../../../registration/audit.ts';
import type { PendingKey } from '../../../registration/laptop-record.ts';
import { ifReadable } from '../../../storage/checked-entry.ts';
import { listHeld, type Snapshot } from '../../../storage/snapshots.ts';
import type { Act } from './acts.ts';

/** A laptop with backups held aside, the newest first. */
export interface Holding {
  serial: Serial;
  held: readonly [Snapshot, ...Snapshot[]];
  /** Of the newest. */
  reason: string;
}

/** Retired laptops are among them. One whose folder cannot be read is told as damaged, not here. */
export function listHolding({ paths, registrations }: Library): Holding[] {
  return registrations.all().flatMap(([serial]) => {
    const [newest, ...others] = ifReadable(() => listHeld(paths, serial));
    if (!newest) return [];
    return [{ serial, held: [newest, ...others], reason: readHeldNote(newest.folder).reason }];
  });
}

/** Laptops that ask with a key of Sugar only: there are no digits to type. */
export function listSugarOnly({ registrations }: Library): { serial: Serial; keys: string[] }[] {
  const isSugar = ({ kind }: PendingKey) => kind === 'sugar';
  return registrations
    .all()
    .filter(([, { pending, retired }]) => retired === null && pending.length > 0)
    .filter(([, { pending }]) => pending.every(isSugar))
    .map(([serial, { pending }]) => ({ serial, keys: pending.map(({ key }) => key) }));
}

/** Of all laptops whose backups are held aside for this reason. */
export function heldSum(holding: readonly Holding[], reason: string): string {
  return sumOf(
    holding
      .filter((one) => one.reason === reason)
      .map(({ serial, held }) => [serial, ...held.map(({ name }) => name)]),
  );
}

export function sugarSum(asking: ReturnType<typeof listSugarOnly>): string {
  return sumOf(asking.map(({ serial, keys }) => [serial, ...keys]));
}

function sumOf(lines: readonly (readonly string[])[]): string {
  const text = lines.map((line) => line.join(' ')).sort();
  return createHash('sha256').update(text.join('\n')).digest('hex').slice(0, 32);
}

/**
 * The laptops that an act is about which names a kind of them; undefined for other acts. Throws `bad-input`
 * when they are not those that were shown.
 */
export function manyOf(library: Library, { name, fields }: Act, teacher: string) {
  switch (name) {
    case 'release-many':
    case 'drop-many': {
      const all = listHolding(library);
      const { group = '', sum } = fields;
      if (heldSum(all, group) !== sum) throw changed();
      return all.filter(({ reason }) => reason === group).map(({ serial }) => serial);
    }
    case 'reject-many': {
      const all = listSugarOnly(library);
      if (sugarSum(all) !== fields.sum) throw changed();
      return all.map(({ serial }) => serial);
    }
    case 'hold-again-many':
      return releasedBetween(library, teacher, Number(fields.from), Number(fields.to));
    default:
      return undefined;
  }
}

/** What this teacher released then, in milliseconds since 1970: both ends are included. */
function releasedBetween({ paths }: Library, teacher: string, from: number, to: number): Serial[] {
  const found = readAudit(paths).flatMap(({ event, name, time, serial }) => {
    const at = Date.parse(time);
    const isHers = event === 'held-released' && name === teacher && at >= from && at <= to;
    return (isHers && tryParse(parseSerial, serial)) || [];
  });
  return [...new Set(found)];
}

function changed(): DsError {
  return new DsError('bad-input', 'these are not the laptops that were shown: some came or went', {
    hint: 'go back, look at them again, and choose again',
  });
}
