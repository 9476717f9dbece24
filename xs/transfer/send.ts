/**
 * Writes a transfer folder: everything is read and compared on its way. What is there already from an earlier
 * attempt is compared and kept; TRANSFER.json comes last, when all of it is on the disk.
 */
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DsError, isErrno } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { type Content, decodeEntry, digestOf } from '../../shared/journal/entry.ts';
import { parseSums } from '../../shared/journal/sums.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { writeFileDurably } from '../../shared/system/files.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import { copySparsely } from '../../shared/system/sparse.ts';
import { laptopsIn } from '../integrity/checker.ts';
import { PIN_NAME } from '../pins/pin-note.ts';
import { listPins, listReleased, type Pin, pinnedSnapshots } from '../pins/pins.ts';
import type { Laptop } from '../registration/laptop-record.ts';
import { damageOf, readChecked } from '../storage/checked-entry.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { readLastSuccess } from '../storage/last-success.ts';
import { inEntry, inSnapshot, type Paths } from '../storage/paths.ts';
import { listHeld, listSnapshots, type Snapshot, storedSums } from '../storage/snapshots.ts';
import { HEAD, headText, type MovedLaptop, putFile, type TransferHead } from './transfer-folder.ts';

export interface SendOptions {
  paths: Paths;
  env: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** The present, and the same on the library's timeline. */
  now: { time: Date; at: number };
  /** Leave out snapshots of which something is damaged. */
  keepGoing: boolean;
  /** Links instead of copies: the folder is on the library's own file system, and for a moment. */
  link: boolean;
  /** After each file. */
  onFile: (files: number) => void;
}

/** A laptop of hers; the newest first. */
export type OwnLaptop = readonly [Serial, Pick<Laptop, 'nick' | 'colors' | 'retired' | 'alias'>];

export interface Sent {
  head: TransferHead;
  /** What was left out, and why. */
  leftOut: { snapshot: string; reason: string }[];
}

/** Throws `damaged` for what is not whole, unless it is to be left out; `not-found` where there is nothing. */
export async function writeTransfer(
  folder: string,
  laptops: readonly OwnLaptop[],
  options: SendOptions,
): Promise<Sent> {
  const { paths, env, now } = options;
  const [first] = laptops;
  if (!first || !laptops.some(([serial]) => hasAnything(paths, serial))) {
    throw new DsError('not-found', `${first?.[0]} has no backup here that could move`);
  }
  mkdirSync(join(folder, 'files'), { recursive: true, mode: 0o700 });
  rmSync(join(folder, HEAD), { force: true });
  const writer = new Writer(folder, options);
  const leftOut: Sent['leftOut'] = [];
  const moved: MovedLaptop[] = [];
  for (const [n, [serial, record]] of laptops.entries()) {
    const isLast = n === laptops.length - 1;
    moved.push({
      ...{ serial, nick: record.nick, colors: record.colors, retired: record.retired },
      replaces: isLast ? null : (record.alias?.since ?? now.time.toISOString()),
      lastSuccess: readLastSuccess(paths, serial)?.time ?? null,
      ...(await writer.laptop(serial, leftOut)),
    });
  }
  await run('sync', ['--file-system', folder], { env });
  failpoint('transfer.written');
  const { files, bytes } = writer;
  const head: TransferHead = {
    ...{ format: 'ds-backup-transfer', version: 1 },
    ...{ made: now.time.toISOString(), at: now.at, laptops: moved, files, bytes },
  };
  writeFileDurably(join(folder, HEAD), headText(head), 0o600);
  return { head, leftOut };
}

function hasAnything(paths: Paths, serial: Serial): boolean {
  return laptopsIn(paths).includes(serial) && listSnapshots(paths, serial).length > 0;
}

class Writer {
  bytes = 0;
  readonly #folder: string;
  readonly #options: SendOptions;
  readonly #written = new Set<Digest>();
  readonly #pause = pacemaker(IDLE_SLICE_MS);

  constructor(folder: string, options: SendOptions) {
    this.#folder = folder;
    this.#options = options;
  }

  get files(): number {
    return this.#written.size;
  }

  async laptop(
    serial: Serial,
    leftOut: Sent['leftOut'],
  ): Promise<Pick<MovedLaptop, 'snapshots' | 'pinnedSnapshots' | 'pins'>> {
    const { paths, keepGoing } = this.#options;
    const snapshots: MovedLaptop['snapshots'] = [];
    const held = new Set(listHeld(paths, serial).map(({ folder }) => folder));
    for (const one of [...listSnapshots(paths, serial), ...listHeld(paths, serial)]) {
      try {
        snapshots.push(await this.#snapshot(one, held.has(one.folder)));
      } catch (error) {
        if (!keepGoing || !(error instanceof DsError) || error.code !== 'damaged') throw error;
        leftOut.push({ snapshot: `${serial} ${one.name}`, reason: error.message });
      }
      failpoint('transfer.snapshot');
    }
    const pins: MovedLaptop['pins'] = [];
    for (const pin of [...listPins(paths, serial), ...listReleased(paths, serial)]) {
      pins.push(await this.#pin(pin));
    }
    return { snapshots, pinnedSnapshots: [...pinnedSnapshots(paths, serial)], pins };
  }

  async #snapshot(one: Snapshot, isHeld: boolean): Promise<MovedLaptop['snapshots'][number]> {
    const { manifest, sums, held } = inSnapshot(one.folder);
    for (const [uid, digest] of parseSums(storedSums(one))) {
      await this.#entry(one.folder, uid, digest);
    }
    return {
      ...{ name: one.name, sequence: one.sequence },
      manifest: await this.#small(manifest),
      sums: await this.#small(sums),
      held: isHeld,
      note: await this.#smallIfThere(held),
    };
  }

  async #pin({ uid, digest, folder }: Pin): Promise<MovedLaptop['pins'][number]> {
    await this.#entry(folder, uid, digest);
    return { uid, digest, note: await this.#smallIfThere(join(folder, PIN_NAME)) };
  }

  async #entry(folder: string, uid: Uid, digest: Digest): Promise<void> {
    if (this.#written.has(digest)) return; // and so its content
    const { content, metadata } = inEntry(folder, uid);
    const reading = readChecked(metadata, digest);
    if (reading.type !== 'whole') throw damageOf(metadata, reading);
    const entry = decodeEntry(reading.bytes);
    if (entry.content) await this.#file(content, entry.content);
    await this.#file(metadata, { digest, size: reading.bytes.length });
  }

  async #smallIfThere(path: string): Promise<Digest | null> {
    return existsSync(path) ? this.#small(path) : null;
  }

  /** A file that has no digest of its own yet. */
  async #small(path: string): Promise<Digest> {
    let bytes: Buffer;
    try {
      bytes = readFileSync(path);
    } catch (cause) {
      if (!isErrno(cause, 'ENOENT', 'EIO')) throw cause;
      throw new DsError('damaged', `${path} cannot be read`, { cause });
    }
    const content = { digest: digestOf(bytes), size: bytes.length };
    await this.#file(path, content);
    return content.digest;
  }

  #place(source: string, target: string): void {
    if (this.#options.link) {
      try {
        linkSync(source, target);
        return;
      } catch (error) {
        if (!isErrno(error, 'EMLINK', 'EXDEV', 'EPERM')) throw error;
      }
    }
    copySparsely(source, target);
  }

  async #file(source: string, content: Content): Promise<void> {
    const { digest, size } = content;
    if (this.#written.has(digest)) return;
    this.#options.signal.throwIfAborted();
    await this.#pause();
    const isWhole = await putFile(this.#folder, content, (target) => {
      if (!existsSync(source)) throw new DsError('damaged', `${source} is not there`);
      this.#place(source, target);
    });
    if (!isWhole) {
      throw new DsError('damaged', `${source} (${digest}) is not whole`, {
        hint: '"xs-backup damage" says more; --keep-going leaves out the snapshots that have it',
      });
    }
    this.#written.add(digest);
    this.bytes += size;
    this.#options.onFile(this.#written.size);
    failpoint('transfer.file');
  }
}
