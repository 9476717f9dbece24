/**
 * Who this laptop is: the serial number and uuid of an XO, or those of an earlier registration.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno, isSystemError } from '../../shared/errors.ts';
import { newSerial, parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import type { Paths } from '../paths.ts';

export interface Identity {
  serial: Serial;
  uuid: string;
}

/** Where open firmware shows an XO's factory data; Sugar asks in this order. */
const MACHINE_FOLDERS = ['/ofw', '/proc/device-tree'];
/** Sugar's stand-in on machines with a device tree and no serial number; many laptops have it. */
const NO_SERIAL = 'SHF00000000';
const NO_UUID = '00000000-0000-0000-0000-000000000000';

/** Undefined for a laptop that never registered. Throws `bad-id` for an invalid serial number. */
export function readIdentity(
  paths: Paths,
  machineFolders: readonly string[] = MACHINE_FOLDERS,
): Identity | undefined {
  const machine = machineFolders.map((folder) => join(folder, 'mfg-data'));
  const places = [
    ...machine.map((folder) => ({ serial: join(folder, 'SN'), uuid: join(folder, 'U#') })),
    { serial: paths.serial, uuid: paths.uuid },
  ];
  const enrolled = enrolledSerial(paths);
  try {
    for (const place of places) {
      const serial = readTag(place.serial);
      if (!serial || serial === NO_SERIAL) continue;
      return { serial: parseSerial(serial), uuid: readTag(place.uuid) ?? NO_UUID };
    }
    return enrolled && { serial: enrolled, uuid: readTag(paths.uuid) ?? NO_UUID };
  } catch (error) {
    // A file that the disk does not give is no reason for another serial, nor to stop.
    if (!enrolled || !isSystemError(error)) throw error;
    return { serial: enrolled, uuid: NO_UUID };
  }
}

/** The school knows this laptop although Sugar's file is lost: another serial would be another laptop. */
function enrolledSerial({ enrolment }: Paths): Serial | undefined {
  try {
    return tryParse(parseSerial, JSON.parse(readFileSync(enrolment, 'utf8')).serial);
  } catch {
    return undefined;
  }
}

export function inventIdentity(): Identity {
  return { serial: newSerial(), uuid: randomUUID() };
}

/** The identity that a registration was begun with, or a new one; the same until it is stored. */
export function draftIdentity(paths: Paths): Identity {
  const draft = readDraft(paths) ?? inventIdentity();
  writeFileDurably(paths.draftIdentity, `${draft.serial} ${draft.uuid}\n`);
  return draft;
}

function readDraft(paths: Paths): Identity | undefined {
  const [first, uuid] = readTag(paths.draftIdentity)?.split(' ') ?? [];
  const serial = tryParse(parseSerial, first ?? '');
  return serial && uuid ? { serial, uuid } : undefined;
}

/** Stores an identity where Sugar stores it: uuid first, so that there is never a serial without one. */
export function keepIdentity(paths: Paths, identity: Identity): void {
  mkdirSync(paths.identifiers, { recursive: true });
  fsyncFolder(paths.profile);
  writeFileDurably(paths.uuid, identity.uuid);
  writeFileDurably(paths.serial, identity.serial);
  rmSync(paths.draftIdentity, { force: true });
}

/** A tag's text without the zero bytes and line ends around it; undefined when absent or empty. */
function readTag(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1').replace(/[\0\r\n]+$/, '') || undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}
