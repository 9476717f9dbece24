/**
 * The school server's service put together: folders, registrations, sshd, control API, intake and
 * HTTP, started in this order and stopped in reverse (E5: within ten seconds).
 */
import { chmodSync, copyFileSync, renameSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { Cleanup } from '../shared/cleanup.ts';
import type { Clock } from '../shared/clock.ts';
import { DsError } from '../shared/errors.ts';
import { writeFileDurably } from '../shared/files.ts';
import type { Serial } from '../shared/ids.ts';
import { lockFile } from '../shared/lock.ts';
import type { Log } from '../shared/log.ts';
import { type Access, makeLaptopFolders, makeServiceFolders } from './access.ts';
import { serveApi } from './api.ts';
import { writeAuthorizedKeys } from './authorized-keys.ts';
import { type Config, parseAddress } from './config.ts';
import { Damage } from './damage.ts';
import { measureDisk } from './disk.ts';
import { createPublicApp } from './http.ts';
import { Intake } from './intake.ts';
import { inLaptop, inState, type Paths } from './paths.ts';
import { MAX_LINKS, openPool } from './pool.ts';
import { Registrations } from './registration.ts';
import { newestSnapshot } from './snapshots.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { openStore } from './store.ts';
import { Traffic } from './traffic.ts';

export interface ServiceOptions {
  config: Config;
  access: Access;
  /** The session script as it comes with the program. */
  sessionScript: string;
  clock: Clock;
  log: Log;
  env: NodeJS.ProcessEnv;
}

export interface Service extends AsyncDisposable {
  httpPort: number;
  sshPort: number;
}

/** How often leases without a control channel are looked after, in milliseconds. */
const LEASE_CHECK_MS = 20_000;

/** Starts everything; resolves when laptops are served. Throws a DsError that says what is wrong. */
export async function startService(options: ServiceOptions): Promise<Service> {
  const { config, access, clock, log, env } = options;
  const paths: Paths = config;
  await using cleanup = new Cleanup();
  makeServiceFolders(access, paths);
  cleanup.use(await lockFile(inState(paths).serviceLock, { env, waitSeconds: 0 }));
  installSession(paths, options.sessionScript);

  let onKeys = () => {};
  const open = config.registration.open;
  const registrations = new Registrations({
    paths,
    access,
    clock,
    log,
    open,
    onKeys: () => onKeys(),
  });
  const serials = () => registrations.all().map(([serial]) => serial);
  for (const serial of serials()) makeLaptopFolders(access, paths, serial);
  const store = cleanup.use(await openStore(paths, serials));
  const traffic = new Traffic(clock, config.traffic);

  const sshd: Sshd = cleanup.use(
    await startSshd({
      paths,
      access,
      listen: parseAddress(config.ssh.listen),
      user: config.ssh.user,
      log,
    }),
  );
  onKeys = () => {
    sshd.setLogins(serials());
    writeAuthorizedKeys(paths, registrations.all());
  };
  onKeys();

  const damage = new Damage(paths, clock);
  const pool = openPool(paths, access, MAX_LINKS, damage);
  const note = (work: Promise<void>) =>
    void work.catch((error: Error) => log.warn('index-not-updated', { reason: error.message }));
  const intake = cleanup.use(
    new Intake({
      ...{ paths, access, pool, clock, log, env, registrations },
      onOutcome: (serial, _run, outcome) => {
        traffic.release(serial);
        const manifest = outcome.state === 'done' && newestSnapshot(paths, serial);
        if (!manifest) return;
        note(store.recordSnapshot(manifest));
        note(store.recordSuccess(serial, clock.now()));
      },
    }),
  );
  intake.start();
  cleanup.use(
    await serveApi({
      ...{ paths, access, registrations, intake, damage, clock, log },
      onOpen: (serial) => traffic.sessionOpened(serial),
      onClose: (serial) => traffic.sessionClosed(serial),
      onUnchanged: (serial) => note(store.recordSuccess(serial, clock.now())),
    }),
  );
  cleanup.use(watchLeases(traffic, paths, env));
  const app = createPublicApp({
    ...{ registrations, traffic, log },
    disk: () => measureDisk(paths.library),
    hostName: config.http.name,
    hostKey: sshd.hostKey,
    sshPort: config.ssh.announcedPort ?? sshd.port,
    login: config.ssh.user,
  });
  cleanup.defer(() => app.close());
  const httpPort = await listen(app, config);
  const owned = cleanup.move();
  return {
    httpPort,
    sshPort: sshd.port,
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

async function listen(app: FastifyInstance, config: Config): Promise<number> {
  const { host, port } = parseAddress(config.http.listen);
  try {
    await app.listen({ host, port });
  } catch (cause) {
    throw new DsError('config', `cannot listen on http.listen = "${config.http.listen}"`, {
      hint: 'another program may have the port; choose another in the configuration',
      cause,
    });
  }
  const address = app.server.address();
  return typeof address === 'object' && address ? address.port : port;
}

/** The script and its settings where sessions can read them, whoever owns the program's folder. */
function installSession(paths: Paths, script: string): void {
  const files = inState(paths);
  copyFileSync(script, `${files.session}.tmp`);
  chmodSync(`${files.session}.tmp`, 0o755);
  renameSync(`${files.session}.tmp`, files.session);
  const settings = {
    LIBRARY: paths.library,
    COMPLETION: paths.completion,
    SOCKET: files.apiSocket,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}='${value}'\n`);
  writeFileDurably(files.sessionConfig, lines.join(''), 0o644);
}

/**
 * An original client has no control channel: its lease is renewed while its rsync holds the session
 * lock.
 */
function watchLeases(traffic: Traffic, paths: Paths, env: NodeJS.ProcessEnv): Disposable {
  const isTransferring = async (serial: Serial): Promise<boolean> => {
    try {
      const lock = await lockFile(inLaptop(paths, serial).sessionLock, { env, waitSeconds: 0 });
      await lock.release();
      return false;
    } catch (error) {
      return error instanceof DsError && error.code === 'busy';
    }
  };
  const timer = setInterval(async () => {
    for (const serial of traffic.leasesWithoutSession()) {
      if (await isTransferring(serial)) traffic.renew(serial);
    }
  }, LEASE_CHECK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
