/**
 * The library as a whole, as whoever changes it is handed it: the service, or a command while the
 * service is not running. There is one of these at a time on a machine; a lock sees to that.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Cleanup } from '../shared/cleanup.ts';
import type { Clock } from '../shared/clock.ts';
import type { Serial } from '../shared/ids.ts';
import { lockFile } from '../shared/lock.ts';
import type { Log } from '../shared/log.ts';
import { type Access, makeLaptopFolders, makeServiceFolders } from './access.ts';
import { recoverAdoption } from './adopt.ts';
import type { Config } from './config.ts';
import { Damage } from './damage.ts';
import { inLaptop, inState, isDraftName, type Paths } from './paths.ts';
import { MAX_LINKS, openPool, type Pool } from './pool.ts';
import { Registrations } from './registration.ts';
import { openStore, type Store } from './store.ts';
import { discard } from './trash.ts';
import { Turns } from './turns.ts';

export interface Library {
  config: Config;
  paths: Paths;
  access: Access;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  pool: Pool;
  registrations: Registrations;
  store: Store;
  turns: Turns;
  /** All registered laptops. */
  serials: () => Serial[];
}

export interface LibraryOptions {
  config: Config;
  access: Access;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
  /** Called after each change of an accepted key. */
  onKeys?: () => void;
}

/** The lock of a service that was killed is free a moment after it; a command takes some seconds. */
const LOCK_PATIENCE_SECONDS = 5;

/**
 * Opens it for changing. Throws `busy` when another program has it: `xs-backup serve`, or a command
 * that is still at work. What a killed one left half made is removed.
 */
export async function openLibrary(options: LibraryOptions): Promise<Library & AsyncDisposable> {
  const { config, access, clock, log, env } = options;
  const paths: Paths = config;
  await using cleanup = new Cleanup();
  makeServiceFolders(access, paths);
  const { serviceLock } = inState(paths);
  cleanup.use(await lockFile(serviceLock, { env, waitSeconds: LOCK_PATIENCE_SECONDS }));
  const { open } = config.registration;
  const onKeys = () => options.onKeys?.();
  const registrations = new Registrations({ paths, access, clock, log, open, onKeys });
  const serials = () => registrations.all().map(([serial]) => serial);
  for (const serial of serials()) {
    makeLaptopFolders(access, paths, serial);
    removeDrafts(inLaptop(paths, serial).home);
    await recoverAdoption({ paths, log }, serial, (folder, name) =>
      discard(paths, serial, folder, 'adopted', clock.now(), name),
    );
  }
  const store = cleanup.use(await openStore(paths, serials));
  const owned = cleanup.move();
  return {
    ...{ config, paths, access, clock, log, env, registrations, store, serials },
    pool: openPool(paths, access, MAX_LINKS, new Damage(paths, clock)),
    turns: new Turns(),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

function removeDrafts(home: string): void {
  for (const name of readdirSync(home)) {
    if (isDraftName(name)) rmSync(join(home, name), { recursive: true, force: true });
  }
}
