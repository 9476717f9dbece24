/**
 * Which library this is: a number in `.library-id`, and the same in the state folder. So a disk that is
 * not mounted, or a copy without the names that begin with a dot, is not taken for a new school: it
 * would get a new host key, and every laptop would refuse the server.
 */
import { createHash, randomUUID } from 'node:crypto';
import { lstatSync, readFileSync } from 'node:fs';
import { DsError } from '../../shared/errors.ts';
import { namesIn, writeFileDurably } from '../../shared/system/files.ts';
import { ifReadable, isExhausted } from './checked-entry.ts';
import { hostKey, inState, libraryId, type Paths } from './paths.ts';

/** Throws `config` when the library is not the one that the state knows. Writes nothing. */
export function checkLibrary(paths: Paths): void {
  const known = readId(inState(paths).libraryId);
  const here = readId(libraryId(paths));
  if (known && here && known !== here) {
    throw strange(paths, 'is not the library that was served here before');
  }
  if (here || !isAbsent(hostKey(paths))) return;
  // Laptops were let in, and what they know the server by is not there.
  const served = known ?? namesIn(inState(paths).keysFolder)[0];
  if (served === undefined) return;
  throw strange(
    paths,
    ifReadable(() => namesIn(paths.library)).length > 0
      ? 'is not whole: its names that begin with a dot are missing'
      : 'is empty: its disk may not be mounted',
  );
}

/** Gives a new library its number, and mends what is lost of it. Throws when it cannot. */
export function markLibrary(paths: Paths): true {
  const [here, known] = [readId(libraryId(paths)), readId(inState(paths).libraryId)];
  const id = here ?? known ?? randomUUID();
  if (!here) writeFileDurably(libraryId(paths), format(id), 0o640);
  if (known !== id) writeFileDurably(inState(paths).libraryId, format(id), 0o640);
  return true;
}

/**
 * False for another library, or none; for a disk that goes away meanwhile. A number that is damaged, or
 * cannot be read, says nothing: restores may work, and where the disk is read-only it stays as it is.
 */
export function isStillThere(paths: Paths): boolean {
  const known = readId(inState(paths).libraryId);
  if (known === undefined) return true;
  const here = readId(libraryId(paths));
  if (here !== undefined) return here === known;
  return ![libraryId(paths), hostKey(paths)].every(isAbsent);
}

/** False where the disk does not say. */
function isAbsent(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) === undefined;
  } catch {
    return false;
  }
}

function strange({ library, state }: Paths, what: string): DsError {
  const file = inState({ library, state, completion: '' }).libraryId;
  return new DsError('config', `the library ${library} ${what}`, {
    hint:
      `mount the right disk, or copy the library with everything in it: cp -a FROM/. ${library} ` +
      `(or rsync -aH); to serve this library from now on, remove ${file}`,
  });
}

function format(id: string): string {
  return `${id} ${sumOf(id)}\n`;
}

/** Undefined for a file that is missing or damaged. */
function readId(path: string): string | undefined {
  try {
    const [id = '', sum = ''] = readFileSync(path, 'latin1').trim().split(' ');
    return sum !== '' && sumOf(id) === sum ? id : undefined;
  } catch (error) {
    if (isExhausted(error)) throw error;
    return undefined;
  }
}

function sumOf(id: string): string {
  return createHash('sha256').update(id).digest('hex').slice(0, 16);
}
