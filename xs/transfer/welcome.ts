/**
 * A teacher's yes: ordinary laptops are made of what came. They are built aside, in `.arrivals/<serial>/built`, from
 * content that is read and compared again; then one rename for each puts it in its place, the oldest first.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DsError } from '../../shared/errors.ts';
import type { Digest, Serial, Uid } from '../../shared/ids.ts';
import { failpoint } from '../../shared/system/failpoint.ts';
import { fsyncFolder, writeFileDurably } from '../../shared/system/files.ts';
import { lockFile } from '../../shared/system/lock.ts';
import { pacemaker } from '../../shared/system/pacemaker.ts';
import { run } from '../../shared/system/run.ts';
import type { Library } from '../library.ts';
import { PIN_NAME } from '../pins/pin-note.ts';
import { newRecord, writeRecord } from '../registration/laptop-record.ts';
import { contentAt } from '../storage/checked-entry.ts';
import { IDLE_SLICE_MS } from '../storage/idle.ts';
import { type Moment, tickOf } from '../storage/moment.ts';
import { makeLaptopFolders, makeReadableFolder } from '../storage/ownership.ts';
import {
  builtLaptops,
  inEntry,
  inLaptop,
  inLibrary,
  inSnapshot,
  type Paths,
} from '../storage/paths.ts';
import { newestSnapshot, pointLatest, sealDraft } from '../storage/snapshots.ts';
import { BUILT, findArrival, movedText } from './arrivals.ts';
import { checkUnknown, readEntry, readSnapshot } from './receive.ts';
import {
  fileIn,
  type MovedLaptop,
  type MovedSnapshot,
  type TransferHead,
} from './transfer-folder.ts';

/** Returns her laptops. Throws `not-found`, and `bad-input` where one of them is here by now. */
export async function welcome(
  library: Library,
  serial: Serial,
  signal?: AbortSignal,
): Promise<Serial[]> {
  const { paths, env } = library;
  const lock = join(inLibrary(paths).arrivals, '.lock');
  const head = findArrival(paths, serial);
  await using _lock = await lockFile(lock, { env, waitSeconds: 0, ...(signal && { signal }) });
  const arrival = inLibrary(paths).arrival(serial);
  const aside: Paths = { ...paths, library: builtLaptops(arrival) };
  if (!existsSync(join(arrival, BUILT))) {
    checkUnknown(paths, head);
    rmSync(aside.library, { recursive: true, force: true });
    await new Builder(library, arrival, aside, signal).buildAll(head);
    await run('sync', ['--file-system', arrival], { env });
    failpoint('welcome.built');
    writeFileDurably(join(arrival, BUILT), '');
  }
  await library.workQueue.run(() => place(library, head, aside));
  await rm(arrival, { recursive: true, force: true });
  fsyncFolder(inLibrary(paths).arrivals);
  return head.laptops.map((one) => one.serial);
}

/** While nothing else changes the library. */
async function place(library: Library, head: TransferHead, aside: Paths): Promise<void> {
  const { paths } = library;
  const waiting = head.laptops.filter((one) => existsSync(inLaptop(aside, one.serial).home));
  checkUnknown(paths, { ...head, laptops: waiting });
  for (const one of waiting.reverse()) {
    renameSync(inLaptop(aside, one.serial).home, inLaptop(paths, one.serial).home);
    failpoint('welcome.placed');
    fsyncFolder(paths.library);
  }
  for (const one of [...head.laptops].reverse()) await settle(library, head, one);
  failpoint('welcome.settled');
}

/** What the open library has to know of a laptop that is in its place. */
async function settle(library: Library, head: TransferHead, one: MovedLaptop): Promise<void> {
  const { paths, ownership, registrations, successes, index, timeline } = library;
  const { serial, lastSuccess } = one;
  makeLaptopFolders(ownership, paths, serial);
  const newest = newestSnapshot(paths, serial);
  if (newest) pointLatest(paths, serial, newest.name);
  registrations.cameBack(serial);
  await index.reindex(serial);
  if (!newest || lastSuccess === null) return;
  const time = new Date(lastSuccess);
  const age = Date.parse(head.made) - time.getTime();
  await successes.note(newest, { ...rebased(timeline.now(), age), time });
}

/** A time before the transfer was made, on this library's timeline: as old as it was then. */
function rebased(now: Moment, ageMs: number) {
  return { ...tickOf(now), at: Math.max(0, now.at - Math.max(0, ageMs)) };
}

class Builder {
  readonly #library: Library;
  readonly #arrival: string;
  readonly #aside: Paths;
  readonly #signal: AbortSignal | undefined;
  readonly #compared = new Set<Digest>();
  readonly #pause = pacemaker(IDLE_SLICE_MS);
  readonly #now: Moment;

  constructor(library: Library, arrival: string, aside: Paths, signal: AbortSignal | undefined) {
    this.#library = library;
    this.#arrival = arrival;
    this.#aside = aside;
    this.#signal = signal;
    this.#now = library.timeline.now();
  }

  async buildAll(head: TransferHead): Promise<void> {
    mkdirSync(this.#aside.library, { recursive: true, mode: 0o700 });
    const laptops = head.laptops.map(({ serial }) => serial);
    for (const [n, one] of head.laptops.entries()) {
      const { home, pinned, held, moved, pin, snapshotPin } = inLaptop(this.#aside, one.serial);
      for (const folder of [home, held, pinned]) this.#folder(folder);
      for (const snapshot of one.snapshots) await this.#snapshot(head, one.serial, snapshot);
      for (const { uid, digest, note } of one.pins) {
        this.#folder(join(pinned, uid));
        const folder = pin(uid, digest);
        this.#folder(folder);
        await this.#entry(folder, uid, digest);
        if (note) this.#note(note, join(folder, PIN_NAME));
      }
      for (const name of one.pinnedSnapshots) writeFileDurably(snapshotPin(name), '', 0o640);
      writeFileDurably(moved, movedText({ at: this.#now.at, laptops }), 0o640);
      this.#record(one, laptops[n + 1]);
      failpoint('welcome.laptop');
    }
  }

  /** Without keys: a teacher compares hers when the laptop comes, as for any laptop that is new here. */
  #record({ serial, nick, colors, retired, replaces }: MovedLaptop, older?: Serial): void {
    const record = newRecord(serial, nick, '', this.#now.time);
    const alias = older && replaces !== null ? { of: older, since: replaces } : null;
    writeRecord(this.#aside, serial, { ...record, colors, retired, alias });
  }

  async #snapshot(head: TransferHead, serial: Serial, moved: MovedSnapshot): Promise<void> {
    const laptop = inLaptop(this.#aside, serial);
    const folder = moved.held ? laptop.heldSnapshot(moved.name) : laptop.snapshot(moved.name);
    await this.#compare(moved.manifest);
    await this.#compare(moved.sums);
    const { manifest, versions } = readSnapshot(this.#arrival, serial, moved);
    this.#folder(folder);
    for (const [uid, digest] of versions) await this.#entry(folder, uid, digest);
    if (moved.note) this.#note(moved.note, inSnapshot(folder).held);
    const { clock, created } = manifest;
    const tick = rebased(this.#now, head.at - (clock?.at ?? 0));
    // A date that is yet to come, and the other server's doubts, are no date here either.
    const doubted = (clock?.doubted ?? false) || Date.parse(created) > this.#now.time.getTime();
    await sealDraft(
      folder,
      { ...manifest, ...(clock && { clock: { ...tick, doubted } }) },
      versions,
    );
    failpoint('welcome.snapshot');
  }

  async #entry(folder: string, uid: Uid, digest: Digest): Promise<void> {
    this.#signal?.throwIfAborted();
    const { pool } = this.#library;
    const { content: contentPath, metadata } = inEntry(folder, uid);
    await this.#compare(digest);
    const { content } = readEntry(this.#arrival, digest);
    pool.place(fileIn(this.#arrival, digest), digest, metadata);
    if (content) {
      await this.#compare(content.digest);
      pool.place(fileIn(this.#arrival, content.digest), content.digest, contentPath);
    }
    await this.#pause();
  }

  #note(digest: Digest, path: string): void {
    writeFileDurably(path, readFileSync(fileIn(this.#arrival, digest)), 0o640);
  }

  #folder(path: string): void {
    makeReadableFolder(this.#library.ownership, path);
  }

  /** Throws `damaged` where the disk does not give what was written to it. */
  async #compare(digest: Digest): Promise<void> {
    if (this.#compared.has(digest)) return;
    const path = fileIn(this.#arrival, digest);
    if ((await contentAt(path, this.#signal))?.digest !== digest) {
      throw new DsError('damaged', `${path} is damaged`, {
        hint: '"decline" this arrival, and take the transfer in again',
      });
    }
    this.#compared.add(digest);
  }
}
