/**
 * The open library: everything that the service, or a command while the service is not running, needs to
 * change it. A lock allows only one at a time on a machine.
 */
import { existsSync, lstatSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../shared/clock.ts';
import { asDsError, DsError } from '../shared/errors.ts';
import type { Serial } from '../shared/ids.ts';
import type { Log } from '../shared/log.ts';
import { Cleanup } from '../shared/system/cleanup.ts';
import { fsyncFolder } from '../shared/system/files.ts';
import { lockFile } from '../shared/system/lock.ts';
import { endCodes } from './codes/codes.ts';
import type { Config } from './config.ts';
import { Faults } from './ground/faults.ts';
import { Checker } from './integrity/checker.ts';
import { clearLaptop, clearLibrary, makeWay, regain } from './integrity/clear-way.ts';
import { noticeUnlinked } from './integrity/unlinked.ts';
import { recoverAdoption } from './legacy/adopt.ts';
import { MoodleRecords } from './moodle/records.ts';
import { writeReplaces } from './registration/alias-files.ts';
import { Audit } from './registration/audit.ts';
import { Newcomers } from './registration/newcomers.ts';
import { Registrations } from './registration/registration.ts';
import { Strangers } from './registration/strangers.ts';
import { FirstDays } from './retention/first-days.ts';
import { type Sharer, type Shares, shareOut } from './retention/shares.ts';
import { Timeline } from './retention/timeline.ts';
import type { Address } from './setting-values.ts';
import { DamageRegister } from './storage/damage-register.ts';
import { type IndexDb, openIndexDb } from './storage/index-db.ts';
import { type LastSuccesses, openLastSuccesses } from './storage/last-success.ts';
import { checkLibrary, markLibrary } from './storage/library-id.ts';
import {
  checkUsable,
  makeDropFolder,
  makeHomeFolders,
  makeServiceFolders,
  type Ownership,
} from './storage/ownership.ts';
import { inLaptop, inState, isDraftName, type Paths } from './storage/paths.ts';
import { MAX_LINKS, openPool, type Pool } from './storage/pool.ts';
import { releaseIfFull } from './storage/reserve.ts';
import { discard } from './storage/trash.ts';
import { WorkQueue } from './storage/work-queue.ts';

export interface Library {
  config: Config;
  paths: Paths;
  ownership: Ownership;
  clock: Clock;
  timeline: Timeline;
  log: Log;
  env: NodeJS.ProcessEnv;
  pool: Pool;
  checker: Checker;
  /** Laptops whose folders could not be prepared at the start, and why. */
  troubles: ReadonlyMap<Serial, string>;
  /** What does not work at the moment. */
  faults: Faults;
  /** Does what the start could not do while the library's disk did not work. */
  prepare: () => Promise<void>;
  registrations: Registrations;
  newcomers: Newcomers;
  audit: Audit;
  strangers: Strangers;
  /** The Moodles that sign children on. */
  moodle: MoodleRecords;
  index: IndexDb;
  successes: LastSuccesses;
  workQueue: WorkQueue;
  /** All registered laptops, retired ones too. */
  serials: () => Serial[];
  /** Which part of the disk each laptop may use, as things are now. */
  shares: () => Shares;
  /** True in the service; what is kept in memory only would be lost with a single command. */
  serving: boolean;
  /** Where the service listens, once it does. */
  listening: { http?: Address; ssh?: Address; https?: Address & { fingerprint: string } };
}

export interface LibraryOptions {
  config: Config;
  ownership: Ownership;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  serving?: boolean;
}

/** How long to wait for the lock: a killed service frees it at once, a command takes some seconds. */
const LOCK_PATIENCE_SECONDS = 5;

/**
 * Opens the library for changing. Throws `busy` when another process has it: `xs-backup serve`, or a
 * command that is still running; `config` when it is not the library that the state knows. On a full or
 * read-only disk it opens all the same, and `faults` says what does not work. Removes the unfinished drafts of a killed process.
 */
export async function openLibrary(options: LibraryOptions): Promise<Library & AsyncDisposable> {
  const { config, ownership, clock, log, env } = options;
  const paths: Paths = config;
  await using cleanup = new Cleanup();
  if (existsSync(paths.library) && releaseIfFull(paths)) {
    log.warn('reserve-released', { reason: 'the disk is full, and the service has to start' });
  }
  const faults = new Faults(log);
  faults.attempt('library', () => regain(paths.library, 0o751));
  checkFolders(paths);
  checkLibrary(paths);
  faults.attempt('state', () => makeWay(inState(paths).runFolder, 0o750));
  makeServiceFolders(ownership, paths, faults);
  const { serviceLock } = inState(paths);
  cleanup.use(await lockFile(serviceLock, { env, waitSeconds: LOCK_PATIENCE_SECONDS }));
  const isUsable = faults.list().every(({ part }) => part !== 'library');
  if (isUsable) {
    faults.attempt('library', () => markLibrary(paths));
    faults.attempt('library', () => clearLibrary(paths));
  }
  const timeline = new Timeline(paths, clock);
  // What passed while it was open is not forgotten.
  if (options.serving) cleanup.defer(() => void timeline.observe());
  const newcomers = new Newcomers(clock, config.registration);
  const audit = new Audit({ paths, clock, log });
  const registrations = new Registrations({ paths, ownership, clock, log, newcomers, audit });
  endCodesWithLaptops(paths, registrations, faults);
  const updateReplaces = () => writeReplaces(paths, ownership, registrations.bySerial());
  registrations.whenAliasesChange(updateReplaces);
  faults.attempt('state', updateReplaces);
  const moodle = openMoodle(paths, { clock, registrations, faults, audit });
  const serials = () => registrations.all().map(([serial]) => serial);
  const firstDays = new FirstDays(paths);
  const shares = () => shareOut(sharersOf(registrations, firstDays, clock.now()));
  const troubles = new Map<Serial, string>();
  const prepare = () => prepareLaptops({ ...options, timeline, serials, faults }, troubles);
  if (isUsable) {
    await prepare();
    noticeUnlinked(paths, log);
  }
  const index = telling(firstDays, cleanup.use(await openIndexDb(paths, serials, faults)));
  const successes = openLastSuccesses(paths, serials(), index, log);
  const pool = openPool(paths, ownership, MAX_LINKS, new DamageRegister(paths, clock));
  const checker = new Checker({ paths, pool, clock, log });
  const owned = cleanup.move();
  return {
    ...{ config, paths, ownership, clock, timeline, log, env, index, successes, serials, shares },
    ...{ registrations, newcomers, audit, serving: options.serving ?? false, listening: {} },
    ...{ pool, checker, troubles, faults, moodle },
    strangers: new Strangers(clock, log),
    prepare: async () => {
      if (!faults.attempt('library', () => checkUsable(paths))) return;
      await prepare();
      if (faults.attempt('library', () => markLibrary(paths))) faults.clear('library');
    },
    workQueue: new WorkQueue(),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Whoever changes the snapshots of a laptop has the index read them again. */
function telling(firstDays: FirstDays, index: IndexDb): IndexDb {
  const after = <T>(work: () => Promise<T>, serial?: Serial): Promise<T> => {
    firstDays.changed(serial);
    return work();
  };
  return {
    ...index,
    reindex: (serial) => after(() => index.reindex(serial), serial),
    reconcile: (depth) => after(() => index.reconcile(depth)),
    rebuild: (onLaptop) => after(() => index.rebuild(onLaptop)),
  };
}

/** The laptops in use that have a backup. */
function sharersOf(registrations: Registrations, firstDays: FirstDays, now: Date): Sharer[] {
  return registrations.all().flatMap(([serial]) => {
    if (!registrations.isActive(serial)) return [];
    const days = firstDays.since(serial, now);
    return days === undefined
      ? []
      : [{ serial, days, confirmed: registrations.isConfirmed(serial) }];
  });
}

/** Throws `config` for what is there and no folder, nor leads to one: its disk may not be mounted. */
function checkFolders({ library, state }: Paths): void {
  const isNone = (path: string) =>
    lstatSync(path, { throwIfNoEntry: false }) !== undefined &&
    statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true;
  if (isNone(state)) {
    throw new DsError('config', `the state folder ${state} is not a folder`, {
      hint: `mount its disk; or remove ${state}, and it is made anew from the library`,
    });
  }
  if (isNone(library)) {
    throw new DsError('config', `the library ${library} is not a folder`, {
      hint: 'mount its disk, or set "library" to the folder that has the backups',
    });
  }
}

/** Also for a laptop that is taken back into use, or registers again, later; and for one whose owner changed. */
function endCodesWithLaptops(paths: Paths, registrations: Registrations, faults: Faults): void {
  registrations.whenOwnerChanges((serial) => {
    faults.attempt('state', () => endCodes(paths, (one) => one.serial === serial));
  });
  registrations.whenKeysChange(() => {
    faults.attempt('state', () => endCodes(paths, (one) => !registrations.isActive(one.serial)));
  });
}

/** A laptop that is out of use or forgotten is opened by no account any more, even when it comes back. */
function openMoodle(
  paths: Paths,
  {
    clock,
    registrations,
    faults,
    audit,
  }: Pick<Library, 'clock' | 'registrations' | 'faults' | 'audit'>,
): MoodleRecords {
  const moodle = new MoodleRecords(paths, clock);
  faults.attempt('moodle', () => moodle.check());
  const isGone = (serial: Serial) =>
    !registrations.isActive(serial) && !registrations.unreadable().includes(serial);
  const endThose = (isOver: (serial: Serial) => boolean) => {
    for (const { serial, name, sub } of moodle.end(({ serial: one }) => isOver(one))) {
      audit.decided('moodle-ended', serial, { account: name ?? sub });
    }
  };
  const attempt = () => void faults.attempt('moodle', () => endThose(isGone));
  registrations.whenOwnerChanges((serial) => {
    faults.attempt('moodle', () => endThose((one) => one === serial));
  });
  registrations.whenKeysChange(attempt);
  attempt();
  return moodle;
}

interface Preparing extends LibraryOptions {
  timeline: Timeline;
  faults: Faults;
  serials: () => Serial[];
}

/** Makes each laptop's folders, and ends what a killed process began there. */
async function prepareLaptops(
  { config: paths, ownership, log, timeline, serials, faults }: Preparing,
  troubles: Map<Serial, string>,
): Promise<void> {
  troubles.clear();
  const hasCompletion = faults.list().every(({ part }) => part !== 'completion');
  for (const serial of serials()) {
    // One damaged folder must not keep everybody else away.
    const tryTo = async (work: () => unknown) => {
      try {
        await work();
      } catch (error) {
        const reason = asDsError(error).message;
        if (!troubles.has(serial)) troubles.set(serial, reason);
        log.warn('laptop-not-prepared', { serial, reason });
      }
    };
    await tryTo(() => clearLaptop(paths, serial));
    await tryTo(() => makeHomeFolders(ownership, paths, serial));
    // Where nobody's can be made it is not this laptop's trouble.
    if (hasCompletion) await tryTo(() => makeDropFolder(ownership, paths, serial));
    await tryTo(async () => {
      const { home, held } = inLaptop(paths, serial);
      removeDrafts(home);
      // A snapshot that a killed service renamed is called safe only once that is on the disk.
      for (const folder of [home, held]) if (existsSync(folder)) fsyncFolder(folder);
      await recoverAdoption({ paths, log }, serial, (folder, name) =>
        discard(paths, serial, folder, 'adopted', timeline.now(), name),
      );
    });
  }
}

function removeDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    if (isDraftName(name)) rmSync(join(home, name), { recursive: true, force: true });
  }
}
