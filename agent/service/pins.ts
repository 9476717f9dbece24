/**
 * Pins as a child sees them: sent at once where the school answers, else noted and sent later; listed with
 * the notes applied. No pin is lost without an error.
 */
import type { PinRow } from '../../shared/backup-bus.ts';
import { asDsError, DsError } from '../../shared/errors.ts';
import { fateOfPin } from '../rules/pin-fate.ts';
import type { ActResult } from '../worker/acts.ts';
import type { RefusedPin } from '../worker/send-pins.ts';
import type { PinNote } from './memory.ts';

/** Throws what the school refused, or a failure that does not pass by itself. */
export async function sendOrNote(
  note: PinNote,
  isOffline: boolean,
  send: (note: PinNote) => Promise<readonly RefusedPin[]>,
): Promise<'done' | 'later'> {
  if (isOffline) return 'later';
  try {
    const [refused] = await send(note);
    if (!refused) return 'done';
    throw new DsError(refused.code, refused.message, { hint: refused.hint });
  } catch (error) {
    if (fateOfPin(asDsError(error).code) === 'later') return 'later';
    throw error;
  }
}

/** The school's pins without those noted as unpinned, followed by those noted as pinned, each once. */
export function withNotes(pins: ActResult<'pins'>['pins'], notes: readonly PinNote[]): PinRow[] {
  const unpinned = new Set(notes.filter((note) => note.snapshot === null).map(({ uid }) => uid));
  const atSchool = pins.filter(({ uid }) => !unpinned.has(uid));
  const isThere = ({ uid, snapshot }: PinNote) =>
    atSchool.some((pin) => pin.uid === uid && pin.snapshot === snapshot);
  const noted = notes.flatMap(({ uid, snapshot }) => {
    return snapshot === null || isThere({ uid, snapshot })
      ? []
      : [{ uid, snapshot, title: '', bytes: 0, pinned: 0, later: true }];
  });
  return [...atSchool.map((pin) => ({ ...pin, title: pin.title ?? '', later: false })), ...noted];
}

/**
 * The first refusal that a child must be told of: her pin is not there although she was told that it
 * would be. Unpinning what is no longer pinned has achieved what it should.
 */
export function refusalToTell(
  refused: readonly RefusedPin[],
  notes: readonly PinNote[],
): RefusedPin | undefined {
  const unpins = new Set(notes.filter((note) => note.snapshot === null).map(({ uid }) => uid));
  return refused.find(({ uid, code }) => code !== 'not-found' || !unpins.has(uid));
}
