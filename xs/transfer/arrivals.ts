/**
 * Children who come from another school and wait for a teacher's yes. A no moves what came to the trash; a yes
 * that is taken back moves her laptops there. Killed anywhere, the same answer goes on.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { DsError } from '../../shared/errors.ts';
import { idSchema } from '../../shared/id-schema.ts';
import { parseSerial, type Serial, tryParse } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { namesIn } from '../../shared/system/files.ts';
import type { Library } from '../library.ts';
import { replacedBy } from '../registration/aliases.ts';
import { moveToTrash } from '../registration/forget.ts';
import { ifReadable } from '../storage/checked-entry.ts';
import { isPast } from '../storage/moment.ts';
import { inLaptop, inLibrary, type Paths } from '../storage/paths.ts';
import { ARRIVAL, discard } from '../storage/trash.ts';
import { readHead, type TransferHead } from './transfer-folder.ts';

/** How long a yes can be taken back, in days of the library's timeline. */
const UNDO_DAYS = 30;
/** In an arrival: its laptops are built, and may be moved to their places. */
export const BUILT = 'BUILT';

export interface ArrivingChild {
  serial: Serial;
  nick: string;
  colors: string | null;
  /** When it was written at the other school, by the clock there; ISO 8601. */
  made: string;
  laptops: Serial[];
  snapshots: number;
  bytes: number;
}

/** Those who wait; one that cannot be read is passed over. */
export function listArrivals(paths: Paths): ArrivingChild[] {
  const { arrivals } = inLibrary(paths);
  const serials = ifReadable(() => namesIn(arrivals)).flatMap((name) => {
    return tryParse(parseSerial, name) ?? [];
  });
  return serials.flatMap((serial) => {
    const head = readIfThere(paths, serial);
    return head ? [describe(serial, head)] : [];
  });
}

/** Throws `not-found` when nobody of that name waits. */
export function findArrival(paths: Paths, serial: Serial): TransferHead {
  const head = readIfThere(paths, serial);
  if (head) return head;
  throw new DsError('not-found', `nobody with the laptop ${serial} waits to come here`, {
    hint: '"xs-backup arrivals" lists who does',
  });
}

function readIfThere(paths: Paths, serial: Serial): TransferHead | undefined {
  try {
    return readHead(inLibrary(paths).arrival(serial));
  } catch (error) {
    if (error instanceof DsError) return undefined;
    throw error;
  }
}

function describe(serial: Serial, { laptops, made, bytes }: TransferHead): ArrivingChild {
  const { nick = '', colors = null } = laptops[0] ?? {};
  const snapshots = laptops.reduce((sum, one) => sum + one.snapshots.length, 0);
  return {
    ...{ serial, nick, colors, made, snapshots, bytes },
    laptops: laptops.map((one) => one.serial),
  };
}

/** She stays where she was: what came lies in the trash for thirty days. Throws `not-found`. */
export function declineArrival({ paths, timeline }: Library, serial: Serial): void {
  findArrival(paths, serial);
  const { arrival } = inLibrary(paths);
  if (existsSync(join(arrival(serial), BUILT))) {
    throw new DsError('bad-input', `${serial} was welcomed already, and that was cut off`, {
      hint: `"xs-backup arrivals ${serial} welcome" goes on; "undo" takes it back then`,
    });
  }
  discard(paths, serial, arrival(serial), 'not-welcomed', timeline.now(), ARRIVAL);
}

const movedSchema = v.object({
  /** On the library's timeline, in milliseconds. */
  at: v.number(),
  laptops: v.array(idSchema(parseSerial)),
});
type Moved = v.InferOutput<typeof movedSchema>;

export function movedText(moved: Moved): string {
  return `${JSON.stringify(moved)}\n`;
}

/** Undefined for a laptop that was always here. */
function readMoved(paths: Paths, serial: Serial): Moved | undefined {
  const { moved } = inLaptop(paths, serial);
  if (!existsSync(moved)) return undefined;
  try {
    return v.parse(movedSchema, JSON.parse(readFileSync(moved, 'utf8')));
  } catch (cause) {
    throw new DsError('damaged', `${moved} cannot be read`, { cause });
  }
}

/**
 * Takes a yes back: her laptops go to the trash, with what they backed up here since, and stay there for thirty
 * days. Returns them. Throws `not-found` for a laptop that did not come from another school, and `bad-input` for
 * one that came longer ago or that another one replaces.
 */
export async function undoArrival(library: Library, serial: Serial): Promise<Serial[]> {
  const { paths, timeline, registrations, index } = library;
  const moved = readMoved(paths, serial);
  if (!moved) {
    throw new DsError('not-found', `${serial} did not come here from another school`);
  }
  const now = timeline.now();
  if (isPast(now, moved.at, UNDO_DAYS)) {
    throw new DsError('bad-input', `${serial} came more than ${UNDO_DAYS} days ago`, {
      hint: `"xs-backup forget ${serial} --with-backups" puts it into the trash`,
    });
  }
  checkNobodyFollows(library, moved);
  const gone: Serial[] = [];
  for (const one of moved.laptops) {
    if (!existsSync(inLaptop(paths, one).home)) continue;
    await moveToTrash(library, one, now, 'moved-back');
    await index.reindex(one);
    failpoint('arrival.moved-back');
    gone.push(one);
  }
  registrations.announceKeys();
  return gone;
}

/** A laptop of this school may have taken the place of hers meanwhile. */
function checkNobodyFollows({ registrations }: Library, { laptops }: Moved): void {
  const known = registrations.bySerial();
  for (const serial of laptops) {
    const newer = replacedBy(serial, known);
    if (!newer || laptops.includes(newer)) continue;
    throw new DsError('bad-input', `${newer} replaces ${serial}`, {
      hint: `"xs-backup unalias ${newer}" first`,
    });
  }
}
