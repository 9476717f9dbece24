/**
 * Takes a transfer folder into `.arrivals/<serial>`: every file is copied, compared with its digest and looked
 * into before anything is believed of it; then one rename makes the whole of it wait for a teacher's yes.
 * Whatever is wrong with it, nothing else in the library has changed.
 */
import { existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Serial } from '../../shared/ids.ts';
import {
  type Content,
  decodeEntry,
  digestOf,
  type Entry,
  MAX_METADATA_BYTES,
} from '../../shared/journal/entry.ts';
import { MAX_ENTRIES, parseSums, type Versions } from '../../shared/journal/sums.ts';
import { type Manifest, parseManifest } from '../../shared/protocol/messages.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import { copySparsely } from '../../shared/system/sparse.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { inLaptop, inLibrary, type Paths } from '../storage/paths.ts';
import {
  badTransfer,
  fileIn,
  HEAD,
  headText,
  type MovedSnapshot,
  putFile,
  readHead,
  type TransferHead,
} from './transfer-folder.ts';

/** Of a MANIFEST, a note, and a packed list, in bytes. */
const MAX_SMALL_BYTES = 64 * 1024;
const MAX_SUMS_BYTES = MAX_ENTRIES * 112;

export interface ReceiveOptions {
  paths: Paths;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** After each file. */
  onFile: (files: number, of: number) => void;
}

/** Throws `bad-input` for a transfer that is not as it should be, or whose laptops are here already. */
export async function takeTransfer(folder: string, options: ReceiveOptions): Promise<TransferHead> {
  const { paths, env } = options;
  const head = readHead(folder);
  const [{ serial }] = head.laptops as [TransferHead['laptops'][number]];
  checkUnknown(paths, head);
  const { arrivals, arrival } = inLibrary(paths);
  mkdirSync(arrivals, { recursive: true, mode: 0o700 });
  await using _lock = await lockFile(join(arrivals, '.lock'), { env, waitSeconds: 0 });
  if (existsSync(arrival(serial))) {
    throw new DsError('bad-input', `${serial} is here already, and waits for a teacher's yes`, {
      hint: `"xs-backup arrivals ${serial} welcome", or "decline"`,
    });
  }
  const coming = join(arrivals, `.coming-${serial}`);
  try {
    await new Taker(folder, coming, options).takeAll(head);
    await run('sync', ['--file-system', arrivals], { env });
    failpoint('arrival.copied');
    writeFileDurably(join(coming, HEAD), headText(head), 0o600);
    renameSync(coming, arrival(serial));
    failpoint('arrival.renamed');
    fsyncFolder(arrivals);
  } catch (error) {
    // A cancelled one goes on later; a bad one, or one for which there is no room, leaves nothing.
    if (!options.signal.aborted) rmSync(coming, { recursive: true, force: true });
    throw error;
  }
  return head;
}

/** Throws `bad-input` where a laptop of that name has a folder: whose it is, nobody here can know. */
export function checkUnknown(paths: Paths, { laptops }: TransferHead): void {
  const taken = laptops.find(({ serial }) => existsSync(inLaptop(paths, serial).home));
  if (!taken) return;
  const { serial } = taken;
  throw new DsError('bad-input', `a laptop ${serial} is here already: nothing was changed`, {
    hint: `without a backup here: "xs-backup forget ${serial}" first, and it asks to be let in again`,
  });
}

/** One snapshot of a transfer, read and compared. */
export interface ReadSnapshot {
  manifest: Manifest;
  versions: Versions;
}

/** Throws `bad-input` for what does not belong together. The files have been compared with their digests. */
export function readSnapshot(folder: string, serial: Serial, moved: MovedSnapshot): ReadSnapshot {
  const manifest = parseManifest(readFileSync(fileIn(folder, moved.manifest), 'utf8'));
  const text = unpacked(fileIn(folder, moved.sums));
  const versions = parseSums(text);
  const isRight =
    manifest.serial === serial &&
    manifest.name === moved.name &&
    manifest.sequence === moved.sequence &&
    manifest.state === digestOf(text) &&
    manifest.entries === versions.size;
  if (!isRight) throw badTransfer(`${moved.name} is not what it says`);
  return { manifest, versions };
}

function unpacked(path: string): string {
  try {
    return gunzipSync(readFileSync(path), { maxOutputLength: MAX_SUMS_BYTES }).toString('utf8');
  } catch (cause) {
    throw badTransfer('a list cannot be read', cause);
  }
}

/** The metadata of an entry. */
export function readEntry(folder: string, digest: Digest): Entry {
  return decodeEntry(readFileSync(fileIn(folder, digest)));
}

class Taker {
  readonly #from: string;
  readonly #to: string;
  readonly #options: ReceiveOptions;
  readonly #taken = new Set<Digest>();
  readonly #entries = new Set<Digest>();
  readonly #pause = pacemaker(IDLE_SLICE_MS);
  #of = 0;

  constructor(from: string, to: string, options: ReceiveOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  async takeAll({ laptops, files }: TransferHead): Promise<void> {
    this.#of = files;
    for (const { serial, snapshots, pins } of laptops) {
      for (const one of snapshots) {
        await this.#take(one.manifest, MAX_SMALL_BYTES);
        await this.#take(one.sums, MAX_SUMS_BYTES);
        if (one.note) await this.#take(one.note, MAX_SMALL_BYTES);
        const { versions } = readSnapshot(this.#to, serial, one);
        for (const [, digest] of versions) await this.#takeEntry(digest);
      }
      for (const { digest, note } of pins) {
        await this.#takeEntry(digest);
        if (note) await this.#take(note, MAX_SMALL_BYTES);
      }
    }
  }

  async #takeEntry(digest: Digest): Promise<void> {
    if (this.#entries.has(digest)) return;
    this.#entries.add(digest);
    await this.#take(digest, MAX_METADATA_BYTES);
    const { content } = readEntry(this.#to, digest);
    if (content) await this.#takeContent(content);
  }

  async #takeContent({ digest, size }: Content): Promise<void> {
    await this.#take(digest, size);
    if (lstatSync(fileIn(this.#to, digest)).size !== size) {
      throw badTransfer(`${digest} has another size than its entry says`);
    }
  }

  /** Throws `bad-input`. */
  async #take(digest: Digest, maxBytes: number): Promise<void> {
    if (this.#taken.has(digest)) return;
    this.#options.signal.throwIfAborted();
    await this.#pause();
    const source = fileIn(this.#from, digest);
    const size = sizeOf(this.#from, source);
    if (size > maxBytes) throw badTransfer(`${digest} is larger than it may be`);
    const isWhole = await putFile(this.#to, { digest, size }, (target) => {
      copySparsely(source, target);
    });
    if (!isWhole) throw badTransfer(`${digest} has other content`);
    this.#taken.add(digest);
    this.#options.onFile(this.#taken.size, this.#of);
    failpoint('arrival.file');
  }
}

/** Of a regular file in folders that are none but folders. Throws `bad-input`. */
function sizeOf(folder: string, path: string): number {
  try {
    for (const parent of [join(folder, 'files'), dirname(path)]) {
      if (!lstatSync(parent).isDirectory()) throw badTransfer(`${parent} is a link`);
    }
    const stat = lstatSync(path);
    if (stat.isFile()) return stat.size;
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT', 'ENOTDIR')) throw cause;
    throw badTransfer(`${path} is not there`, cause);
  }
  throw badTransfer(`${path} is not a file`);
}
